CREATE TABLE IF NOT EXISTS {zones} (
    locationid INT64 OPTIONS (description = 'What pulocationid and dolocationid of the trips stand for.'),
    borough STRING OPTIONS (description = 'Borough, EWR or Unknown; NULL outside of New York.'),
    zone STRING OPTIONS (description = 'Name of the zone.'),
    service_zone STRING OPTIONS (description = 'Where which taxis may pick up: Yellow Zone, Boro Zone, Airports, EWR.')
)
OPTIONS (description = 'TLC taxi zones.')
