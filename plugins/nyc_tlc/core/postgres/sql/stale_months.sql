SELECT
    load.taxi,
    to_char(load.file_month, 'YYYY-MM') AS month
FROM (
    SELECT DISTINCT ON (taxi, file_month)
        taxi,
        file_month,
        load_id,
        rows_merged
    FROM {ledger}
    WHERE outcome = 'merged'
    ORDER BY taxi ASC, file_month ASC, load_id DESC
) AS load
WHERE
    load.rows_merged > 0
    AND NOT EXISTS (
        SELECT
        FROM {made} AS made
        WHERE made.taxi = load.taxi AND made.file_month = load.file_month AND made.load_id = load.load_id
    )
ORDER BY load.taxi, load.file_month
