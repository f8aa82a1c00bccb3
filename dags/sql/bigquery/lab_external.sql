-- The data stays in the bucket. Columns and types are those of the files.
CREATE OR REPLACE EXTERNAL TABLE {external}
OPTIONS (format = 'PARQUET', uris = [{files}])
