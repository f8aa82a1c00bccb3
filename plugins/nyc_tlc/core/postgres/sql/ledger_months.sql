SELECT
    taxi,
    file_month,
    (array_agg(outcome ORDER BY load_id DESC))[1] AS outcome,
    (array_agg(rows_merged ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS rows_merged,
    (array_agg(task_id ORDER BY load_id DESC))[1] AS task_id,
    (array_agg(error_class ORDER BY load_id DESC))[1] AS error_class,
    (array_agg(error ORDER BY load_id DESC))[1] AS error,
    (array_agg(url ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS url,
    (array_agg(etag ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS etag,
    (array_agg(last_modified ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS last_modified,
    (array_agg(bytes ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS bytes,
    (array_agg(rows_rejected ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS rows_rejected,
    (array_agg(finished_at ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS loaded_at
FROM {ledger}
GROUP BY taxi, file_month
ORDER BY taxi, file_month
