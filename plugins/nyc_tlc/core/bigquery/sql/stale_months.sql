WITH newest AS (
    SELECT
        taxi,
        file_month,
        MAX(load_id) AS load_id
    FROM {ledger}
    WHERE outcome = 'merged'
    GROUP BY taxi, file_month
),

made AS (
    SELECT
        taxi,
        file_month,
        load_id
    FROM {summary}
    GROUP BY taxi, file_month, load_id
)

SELECT
    load.taxi,
    FORMAT_DATE('%Y-%m', load.file_month) AS month
FROM newest
INNER JOIN {ledger} AS load ON newest.load_id = load.load_id
LEFT JOIN made
    ON load.taxi = made.taxi AND load.file_month = made.file_month AND load.load_id = made.load_id
WHERE load.rows_merged > 0 AND made.load_id IS NULL
ORDER BY load.taxi, load.file_month
