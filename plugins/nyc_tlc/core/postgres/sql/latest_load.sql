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
WHERE taxi = %(taxi)s AND file_month = %(month)s AND outcome = 'merged'
ORDER BY load_id DESC
LIMIT 1
