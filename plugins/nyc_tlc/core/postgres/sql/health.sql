SELECT
    current_setting('server_version_num')::integer AS version_number,
    current_setting('server_version') AS version,
    current_database() AS database,
    current_user AS login,
    date_part('epoch', clock_timestamp()) AS clock,
    pg_database_size(current_database()) AS database_bytes,
    has_database_privilege(current_database(), 'CREATE') AS may_create_schemas,
    coalesce(has_schema_privilege(to_regnamespace(%(schema)s)::oid, 'CREATE'), FALSE) AS may_create_in_schema,
    coalesce(has_schema_privilege(to_regnamespace(%(staging)s)::oid, 'CREATE'), FALSE) AS may_create_in_staging,
    to_regnamespace(%(staging)s) IS NOT NULL AS has_staging,
    (
        SELECT settings.setting
        FROM pg_settings AS settings
        WHERE settings.name = 'data_directory'
    ) AS data_directory,
    (
        SELECT coalesce(array_agg(relation.relname::text ORDER BY relation.relname), '{{}}')
        FROM pg_class AS relation
        WHERE
            relation.relnamespace = to_regnamespace(%(schema)s)
            AND relation.relname = any(%(tables)s)
            AND NOT pg_has_role(relation.relowner, 'USAGE')
    ) AS tables_of_others,
    current_setting('transaction_read_only') = 'off' AS takes_writes
