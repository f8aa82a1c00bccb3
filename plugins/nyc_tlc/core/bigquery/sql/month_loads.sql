SELECT *
FROM {table}
WHERE taxi = @taxi AND file_month = @file_month
ORDER BY load_id DESC
LIMIT 20
