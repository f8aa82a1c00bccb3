SELECT COUNT(*) AS month_rows
FROM {trips}
WHERE file_month = @file_month
