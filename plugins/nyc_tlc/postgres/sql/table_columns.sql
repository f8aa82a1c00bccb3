SELECT
    attribute.attname AS name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = '' AS must_be_given
FROM pg_attribute AS attribute
WHERE
    attribute.attrelid = to_regclass(%(table)s)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY attribute.attnum
