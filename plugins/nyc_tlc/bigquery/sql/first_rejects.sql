SELECT
    column_name,
    reason,
    raw,
    COUNT(*) OVER () AS rejected
FROM {rejects}
WHERE taxi = @taxi AND file_month = @file_month
ORDER BY raw
LIMIT @at_most
