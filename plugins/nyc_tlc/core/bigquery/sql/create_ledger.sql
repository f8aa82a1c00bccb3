CREATE TABLE IF NOT EXISTS {ledger} (
    load_id INT64 OPTIONS (description = 'When the row was written: microseconds since 1970 by BigQuery.'),
    taxi STRING,
    file_month DATE OPTIONS (description = 'First day of the month that the file is named for.'),
    outcome STRING OPTIONS (description = 'merged or failed.'),
    {definitions}
)
CLUSTER BY taxi, file_month
OPTIONS (description = 'One row per load: which file went into which month, and what was odd in it.')
