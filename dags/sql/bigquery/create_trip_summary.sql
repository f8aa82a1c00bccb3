CREATE TABLE IF NOT EXISTS {summary} (
    taxi STRING,
    file_month DATE OPTIONS (description = 'First day of the month that the trip file is named for.'),
    pickup_date DATE OPTIONS (description = 'Day of the pickup; a file also has days outside its month.'),
    pulocationid INT64,
    trips INT64,
    revenue NUMERIC OPTIONS (description = 'What passengers paid, tips by card included; NULL for fhv [USD].'),
    distance FLOAT64 OPTIONS (description = 'Miles driven with passengers; NULL for fhv.'),
    tips NUMERIC OPTIONS (description = 'Tips by card; NULL for fhv [USD].'),
    load_id INT64 OPTIONS (description = 'The load in tlc_load whose rows were summarised.')
)
PARTITION BY file_month
CLUSTER BY taxi
OPTIONS (description = 'Trips by day and pickup zone, per taxi and month; made from the trips tables.')
