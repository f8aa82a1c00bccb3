SELECT
    locationid,
    geojson
FROM {shapes}
ORDER BY locationid
