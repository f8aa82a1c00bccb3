-- One job, which goes on where its worker dies. A month that does not hold what was staged is not put
-- on record: then the last SELECT is empty.
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
