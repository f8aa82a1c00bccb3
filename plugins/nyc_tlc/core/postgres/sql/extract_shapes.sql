COPY (
    SELECT
        locationid,
        geojson
    FROM {shapes}
    ORDER BY locationid
) TO STDOUT (FORMAT csv, HEADER)
