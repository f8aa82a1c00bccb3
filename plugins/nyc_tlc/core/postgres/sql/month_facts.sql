SELECT
    file_month,
    {cents} AS total_cents,
    count(*) AS month_rows,
    count(DISTINCT unique_row_id) AS distinct_ids,
    sum(('x' || left(unique_row_id::text, 8))::bit(32)::bigint) AS id_sum
FROM {trips}
WHERE file_month BETWEEN %(first_month)s AND %(last_month)s
GROUP BY file_month
