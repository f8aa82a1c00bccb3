{functions}
SELECT
    COUNT(*) AS month_rows,
    COALESCE(SUM(CAST(CONCAT('0x', SUBSTR(TO_HEX(content_id), 1, 8)) AS INT64)), 0) AS id_sum,
    COUNTIF(content_id != unique_row_id) AS changed
FROM (
    SELECT
        unique_row_id,
        {content_id} AS content_id
    FROM {trips}
    WHERE file_month = @file_month
) AS content
