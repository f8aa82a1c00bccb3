-- A table's indexes, constraints and extended statistics. A definition is without the object's own name
-- and the table's, so the same text makes the same object on another table. In the order of their making.
WITH target AS (
    SELECT
        class.oid,
        CASE WHEN class.relkind = 'p' THEN 'ONLY ' ELSE '' END AS only_parent,
        format('%%I.%%I', namespace.nspname, class.relname) AS full_name
    FROM pg_class AS class
    INNER JOIN pg_namespace AS namespace ON class.relnamespace = namespace.oid
    WHERE class.oid = to_regclass(%(table)s)
),

indexes AS (
    SELECT
        index.indexrelid,
        class.relname AS name,
        CASE WHEN index.indisunique THEN 'UNIQUE INDEX' ELSE 'INDEX' END AS kind,
        target.only_parent || target.full_name AS full_name,
        index.indexprs IS NOT NULL AS has_statistics
    FROM target
    INNER JOIN pg_index AS index ON target.oid = index.indrelid
    INNER JOIN pg_class AS class ON index.indexrelid = class.oid
    WHERE
        NOT EXISTS (
            SELECT
            FROM pg_constraint AS owner
            WHERE owner.conindid = index.indexrelid AND owner.contype IN ('p', 'u', 'x')
        )
),

objects AS (
    SELECT
        indexrelid AS made,
        kind,
        name::text AS name,
        substr(
            pg_get_indexdef(indexrelid), length(format('CREATE %%s %%I ON %%s ', kind, name, full_name)) + 1
        ) AS definition,
        has_statistics
    FROM indexes
    UNION ALL
    SELECT
        CASE WHEN item.contype IN ('p', 'u', 'x') THEN item.conindid ELSE item.oid END AS made,
        CASE item.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'KEY' END AS kind,
        item.conname::text AS name,
        regexp_replace(pg_get_constraintdef(item.oid), ' NOT VALID$', '') AS definition,
        FALSE AS has_statistics
    FROM target
    INNER JOIN pg_constraint AS item ON target.oid = item.conrelid
    WHERE item.contype IN ('c', 'f', 'p', 'u', 'x') AND item.conparentid = 0
    UNION ALL
    SELECT
        target.oid AS made,
        'NOT NULL' AS kind,
        attribute.attname::text AS name,
        '' AS definition,
        FALSE AS has_statistics
    FROM target
    INNER JOIN pg_attribute AS attribute ON target.oid = attribute.attrelid
    WHERE attribute.attnum > 0 AND attribute.attnotnull AND NOT attribute.attisdropped
    UNION ALL
    SELECT
        item.oid AS made,
        'STATISTICS' AS kind,
        item.stxname::text AS name,
        left(
            substr(
                pg_get_statisticsobjdef(item.oid),
                length(format('CREATE STATISTICS %%I.%%I ', namespace.nspname, item.stxname)) + 1
            ),
            -length(format(' FROM %%s', target.oid::regclass))
        ) AS definition,
        TRUE AS has_statistics
    FROM target
    INNER JOIN pg_statistic_ext AS item ON target.oid = item.stxrelid
    INNER JOIN pg_namespace AS namespace ON item.stxnamespace = namespace.oid
)

SELECT
    kind,
    name,
    definition,
    has_statistics
FROM objects
ORDER BY made, name
