-- A row is a physical line, as in reader/lines.py; blank lines and repeated headers are not rows.
-- BigQuery replaces bytes that are not UTF-8 by �.
WITH lines AS (
    SELECT RTRIM(line, '\r') AS line
    FROM {raw}
    WHERE TRIM(COALESCE(line, '')) NOT IN ('', @header)
),

split AS (
    SELECT
        IF(
            STRPOS(line, '"') = 0,
            SPLIT(line, ','),
            REGEXP_EXTRACT_ALL(CONCAT(',', line), r',("(?:[^"]|"")*"|[^,]*)')
        ) AS fields,
        STRPOS(line, '�') = 0
        AND (
            STRPOS(line, '"') = 0
            OR REGEXP_CONTAINS(line, r'^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$')
        ) AS is_csv
    FROM lines
)

-- Fields after the columns of the header must be blank.
SELECT
    is_csv
    AND ARRAY_LENGTH(fields) >= @width
    AND NOT EXISTS (
        SELECT 1
        FROM UNNEST(fields) AS field WITH OFFSET AS place
        WHERE place >= @width AND TRIM(field) != ''
    ) AS is_whole,
    {columns}
FROM split
