SELECT
    taxi,
    file_month,
    (array_agg(outcome ORDER BY load_id DESC))[1] AS outcome,
    (array_agg(rows_merged ORDER BY load_id DESC) FILTER (WHERE outcome = 'merged'))[1] AS rows_merged,
    (array_agg(task_id ORDER BY load_id DESC))[1] AS task_id,
    (array_agg(error_class ORDER BY load_id DESC))[1] AS error_class,
    (array_agg(error ORDER BY load_id DESC))[1] AS error
FROM {ledger}
GROUP BY taxi, file_month
ORDER BY taxi, file_month
