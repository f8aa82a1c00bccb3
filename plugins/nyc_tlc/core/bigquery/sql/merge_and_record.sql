-- One job: BigQuery finishes it even if the worker dies. It fails, and the task is tried again, if another
-- run merges the month at the same time: before the merge, or between the merge and the ledger's row.
DECLARE removed, new_load, staged_ids INT64;

SELECT IF(COALESCE(MAX(load_id), 0) = @newest_load, TRUE, ERROR('{changed}'))
FROM {ledger}
WHERE taxi = @taxi AND file_month = @file_month AND outcome = 'merged';

{merge};

SET removed = {replaced};

-- By BigQuery's clock, not by a worker's, and above every load of the month: the newest has the highest id.
SET new_load = (
    SELECT GREATEST(UNIX_MICROS(CURRENT_TIMESTAMP()), COALESCE(MAX(load_id), 0) + 1)
    FROM {ledger}
    WHERE taxi = @taxi AND file_month = @file_month
);

SET staged_ids = (
    SELECT COALESCE(SUM(CAST(CONCAT('0x', SUBSTR(TO_HEX(unique_row_id), 1, 8)) AS INT64)), 0) FROM {staging}
);

INSERT INTO {ledger} (load_id, {columns}, rows_merged, rows_replaced, id_sum, finished_at)
SELECT
    new_load,
    {values},
    month_rows AS rows_merged,
    removed AS rows_replaced,
    id_sum,
    CURRENT_TIMESTAMP() AS finished_at
FROM (
    SELECT
        COUNT(*) AS month_rows,
        COALESCE(SUM(CAST(CONCAT('0x', SUBSTR(TO_HEX(unique_row_id), 1, 8)) AS INT64)), 0) AS id_sum
    FROM {trips}
    WHERE file_month = @file_month
) AS month
WHERE {holds};

SELECT IF(@@row_count = 1, TRUE, ERROR('{changed}'));

DROP TABLE {staging};

SELECT
    load_id,
    rows_merged,
    rows_replaced
FROM {ledger}
WHERE load_id = new_load AND dag_id = @dag_id AND run_id = @run_id;
