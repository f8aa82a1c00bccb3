COPY (
    SELECT
        locationid,
        borough,
        zone
    FROM {zones}
    ORDER BY locationid
) TO STDOUT (FORMAT csv, HEADER)
