-- One partition per file, so a merge reads and writes only one partition. Files contain pickups of
-- other years, so the month of a row is the file's, not the pickup's.
CREATE TABLE IF NOT EXISTS {trips} (
    unique_row_id BYTES OPTIONS (description = 'Fingerprint of the row; identical rows share it.'),
    file_month DATE OPTIONS (description = 'First day of the month that the trip file is named for.'),
    filename STRING OPTIONS (description = 'The trip file that the row came from.'),
    {definitions}
)
PARTITION BY file_month
CLUSTER BY {clustering}
OPTIONS (description = {description})
