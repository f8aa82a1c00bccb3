-- One job: BigQuery finishes it even if the worker dies. If the month does not have exactly the staged
-- rows, the load is not recorded and the last SELECT is empty.
{merge};

INSERT INTO {ledger} ({columns}, rows_merged, rows_replaced, id_sum, finished_at)
SELECT
    {values},
    month_rows AS rows_merged,
    {replaced} AS rows_replaced,
    id_sum,
    CURRENT_TIMESTAMP() AS finished_at
FROM (
    SELECT
        COUNT(*) AS month_rows,
        COALESCE(SUM(CAST(CONCAT('0x', SUBSTR(TO_HEX(unique_row_id), 1, 8)) AS INT64)), 0) AS id_sum
    FROM {trips}
    WHERE file_month = @file_month
) AS counted
WHERE {holds};

DROP TABLE {staging};

SELECT
    load_id,
    rows_merged,
    rows_replaced
FROM {ledger}
WHERE load_id = @load_id;
