{functions}
-- Only this run uses this table. Like all tables of its dataset, it expires after a day.
CREATE OR REPLACE TABLE {staging} AS
WITH source AS (
    {source}
),

canonical AS (
    SELECT {values}
    FROM source
    WHERE {readable}
)

SELECT
    {unique_row_id} AS unique_row_id,
    @file_month AS file_month,
    @filename AS filename,
    {columns}
FROM canonical;
