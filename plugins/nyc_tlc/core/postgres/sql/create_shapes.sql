CREATE TABLE IF NOT EXISTS {shapes} (
    locationid integer PRIMARY KEY,
    geojson text NOT NULL
);

COMMENT ON TABLE {shapes} IS 'Shapes of the TLC taxi zones, for drawing; zones without a place have none.';
COMMENT ON COLUMN {shapes}.locationid IS 'The zone, as in taxi_zone_lookup.';
COMMENT ON COLUMN {shapes}.geojson IS 'A GeoJSON MultiPolygon in WGS 84, simplified.';
