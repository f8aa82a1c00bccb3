SELECT
    load.taxi,
    load.file_month,
    load.load_id
FROM jsonb_to_recordset({rows}) AS load (taxi text, file_month date, load_id bigint)
