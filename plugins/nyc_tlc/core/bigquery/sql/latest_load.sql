SELECT
    load_id,
    url,
    filename,
    etag,
    last_modified,
    bytes,
    sha256,
    rows_merged,
    rows_replaced,
    dag_id,
    run_id,
    id_sum
FROM {ledger}
WHERE taxi = @taxi AND file_month = @file_month AND outcome = 'merged'
ORDER BY load_id DESC
LIMIT 1
