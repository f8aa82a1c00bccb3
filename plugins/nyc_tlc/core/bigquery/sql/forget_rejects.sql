DELETE FROM {rejects}
WHERE taxi = @taxi AND file_month = @file_month
