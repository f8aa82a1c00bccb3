SELECT
    attribute.attname AS name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = '' AS must_be_given,
    concat(
        CASE
            WHEN attribute.attgenerated = '' THEN ' DEFAULT '
            ELSE ' GENERATED ALWAYS AS ('
        END || pg_get_expr(given.adbin, given.adrelid),
        CASE attribute.attgenerated WHEN 's' THEN ') STORED' WHEN 'v' THEN ') VIRTUAL' END,
        CASE WHEN attribute.attnotnull THEN ' NOT NULL' END
    ) AS rules
FROM pg_attribute AS attribute
LEFT JOIN pg_attrdef AS given
    ON attribute.attrelid = given.adrelid AND attribute.attnum = given.adnum
WHERE
    attribute.attrelid = to_regclass(%(table)s)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY attribute.attnum
