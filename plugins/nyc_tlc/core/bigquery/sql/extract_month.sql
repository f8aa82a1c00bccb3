-- The columns of Postgres's extract_month.sql. The partition is a literal, so no other is read.
CREATE OR REPLACE TABLE {extract} AS
SELECT {columns}
FROM {trips} AS trip
WHERE trip.file_month = DATE '{file_month}'
