SELECT
    last_load.taxi,
    last_load.file_month,
    last_load.outcome,
    last_merge.rows_merged,
    last_load.task_id,
    last_load.error_class,
    last_load.error,
    last_merge.url,
    last_merge.etag,
    last_merge.last_modified,
    last_merge.bytes,
    last_merge.rows_rejected,
    last_merge.finished_at AS loaded_at
FROM (
    SELECT
        taxi,
        file_month,
        MAX(load_id) AS last_id,
        MAX(IF(outcome = 'merged', load_id, NULL)) AS last_merged_id
    FROM {ledger}
    GROUP BY taxi, file_month
) AS ids
INNER JOIN {ledger} AS last_load ON ids.last_id = last_load.load_id
LEFT JOIN {ledger} AS last_merge ON ids.last_merged_id = last_merge.load_id
ORDER BY taxi, file_month
