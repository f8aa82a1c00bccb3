-- Whether a table has exactly the rows that were first put into it: as many were inserted since it was
-- created, and none was changed or removed. TRUNCATE and rewrites give it another file.
SELECT
    pg_stat_get_tuples_inserted(class.oid) = %(rows)s
    AND pg_stat_get_tuples_updated(class.oid) = 0
    AND pg_stat_get_tuples_deleted(class.oid) = 0
    AND pg_relation_filenode(class.oid) = class.oid AS is_untouched
FROM pg_class AS class
WHERE class.oid = to_regclass(%(table)s)
