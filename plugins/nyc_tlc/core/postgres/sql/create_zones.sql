CREATE TABLE IF NOT EXISTS {zones} (
    locationid integer PRIMARY KEY,
    borough text,
    zone text,
    service_zone text
);

COMMENT ON TABLE {zones} IS 'TLC taxi zones: what pulocationid and dolocationid of the trips stand for.';
COMMENT ON COLUMN {zones}.borough IS 'Borough, EWR or Unknown; NULL outside of New York.';
COMMENT ON COLUMN {zones}.service_zone IS 'Where which taxis may pick up: Yellow Zone, Boro Zone, Airports, EWR.';
