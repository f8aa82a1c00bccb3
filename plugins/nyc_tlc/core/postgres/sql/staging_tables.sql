SELECT
    class.relname::text AS name,
    substring(obj_description(class.oid, 'pg_class') FROM 'Staged at (.*)')::timestamptz AS staged_at,
    (
        SELECT count(*) > 0
        FROM pg_stat_activity AS session
        WHERE session.application_name = 'nyc_tlc ' || class.relname
    ) AS is_being_filled
FROM pg_class AS class
WHERE
    class.relnamespace = to_regnamespace(%(staging)s)
    AND class.relkind = 'r'
    AND class.relname ~ '^(yellow|green|fhv|fhvhv)_tripdata_[0-9]+_[0-9]+_[0-9a-f]+$'
ORDER BY class.relname
