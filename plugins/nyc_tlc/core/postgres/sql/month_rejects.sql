SELECT
    line,
    column_name,
    value,
    reason,
    left(raw, 300) AS raw
FROM {table}
WHERE taxi = %(taxi)s AND file_month = %(month)s
ORDER BY line
LIMIT 5
