CREATE TABLE IF NOT EXISTS {rejects} (
    taxi STRING,
    file_month DATE,
    filename STRING,
    line INT64 OPTIONS (description = 'Line of a CSV file, row of a Parquet file, from 1.'),
    column_name STRING OPTIONS (description = 'The first column that cannot be read; NULL for a whole line.'),
    value STRING,
    reason STRING,
    raw STRING OPTIONS (description = 'The line without its end, or the row as JSON.')
)
CLUSTER BY taxi, file_month
OPTIONS (description = 'Rows of the last file of a month that could not be read, as they stood.')
