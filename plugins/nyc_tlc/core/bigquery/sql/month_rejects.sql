SELECT
    line,
    column_name,
    value,
    reason,
    SUBSTR(raw, 1, 300) AS raw
FROM {table}
WHERE taxi = @taxi AND file_month = @file_month
ORDER BY line
LIMIT 5
