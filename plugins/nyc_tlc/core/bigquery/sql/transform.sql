{functions}
-- A table of this run alone; like every table of its dataset, it expires by itself.
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
