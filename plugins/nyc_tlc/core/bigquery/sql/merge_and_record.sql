-- One job: BigQuery finishes it even if the worker dies. If the month does not have exactly the staged
-- rows, the load is not recorded and the last SELECT is empty.
{merge};

INSERT INTO {ledger} ({columns}, rows_merged, rows_replaced, finished_at)
SELECT
    {values},
    month_rows AS rows_merged,
    {replaced} AS rows_replaced,
    CURRENT_TIMESTAMP() AS finished_at
FROM (
    SELECT COUNT(*) AS month_rows
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
