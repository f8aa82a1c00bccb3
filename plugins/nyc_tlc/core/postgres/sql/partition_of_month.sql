-- The partition that has the usual name is tried first, because pg_get_expr opens the table: for all partitions
-- of a taxi's history that takes longer than the rest of a look-up.
WITH children AS (
    SELECT
        child.oid,
        namespace.nspname AS schema_name,
        child.relname AS table_name,
        child.relpartbound
    FROM pg_inherits AS link
    INNER JOIN pg_class AS child ON link.inhrelid = child.oid
    INNER JOIN pg_namespace AS namespace ON child.relnamespace = namespace.oid
    WHERE link.inhparent = to_regclass(%(table)s)
),

named AS MATERIALIZED (
    SELECT
        schema_name,
        table_name
    FROM children
    WHERE
        CASE
            WHEN table_name = %(name)s
                THEN pg_get_expr(relpartbound, oid) = format('FOR VALUES IN (%%L)', %(month)s::date)
        END
)

SELECT
    schema_name,
    table_name
FROM named
UNION ALL
SELECT
    schema_name,
    table_name
FROM children
WHERE
    NOT EXISTS (SELECT FROM named)
    AND pg_get_expr(relpartbound, oid) = format('FOR VALUES IN (%%L)', %(month)s::date)
