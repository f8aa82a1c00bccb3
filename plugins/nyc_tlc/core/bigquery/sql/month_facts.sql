SELECT
    file_month,
    {cents} AS total_cents,
    COUNT(*) AS month_rows,
    COUNT(DISTINCT unique_row_id) AS distinct_ids,
    SUM(CAST(CONCAT('0x', SUBSTR(TO_HEX(unique_row_id), 1, 8)) AS INT64)) AS id_sum
FROM {trips}
WHERE file_month BETWEEN @first_month AND @last_month
GROUP BY file_month
