SELECT
    SPLIT(load, ' ')[SAFE_OFFSET(0)] AS taxi,
    DATE(SPLIT(load, ' ')[SAFE_OFFSET(1)]) AS file_month,
    CAST(SPLIT(load, ' ')[SAFE_OFFSET(2)] AS INT64) AS load_id
FROM UNNEST(@made) AS load
