CREATE TABLE IF NOT EXISTS {shapes} (
    locationid INT64 OPTIONS (description = 'The zone, as in taxi_zone_lookup. Zones without a place have no shape.'),
    geojson STRING OPTIONS (
        description = 'MultiPolygon in WGS 84, simplified: ST_GEOGFROMGEOJSON(geojson, make_valid => TRUE).'
    )
)
OPTIONS (description = 'Shapes of the TLC taxi zones, for drawing.')
