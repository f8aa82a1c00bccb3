{functions}
INSERT INTO {rejects} (taxi, file_month, filename, column_name, reason, raw)
WITH source AS (
    {source}
),

rejected AS (
    SELECT
        {raw_row} AS raw_row,
        {first_unreadable} AS place
    FROM source
    WHERE NOT ({readable})
)

SELECT
    @taxi AS taxi,
    @file_month AS file_month,
    @filename AS filename,
    columns.column_name,
    COALESCE(columns.reason, 'has not the fields that the header names') AS reason,
    rejected.raw_row
FROM rejected
LEFT JOIN UNNEST({columns}) AS columns
    ON rejected.place = columns.place;
