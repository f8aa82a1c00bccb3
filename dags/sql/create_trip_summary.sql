CREATE TABLE IF NOT EXISTS {summary} (
    taxi text NOT NULL,
    file_month date NOT NULL,
    pickup_date date,
    pulocationid integer,
    trips bigint NOT NULL,
    revenue numeric,
    distance double precision,
    tips numeric,
    load_id bigint
);

CREATE INDEX IF NOT EXISTS trip_summary_month ON {summary} (taxi, file_month);

COMMENT ON TABLE {summary} IS 'Trips by day and pickup zone, per taxi and month; made from the trips tables.';
COMMENT ON COLUMN {summary}.file_month IS 'First day of the month in the trip file''s name.';
COMMENT ON COLUMN {summary}.pickup_date IS 'Day of the pickup; a file also has days outside its month.';
COMMENT ON COLUMN {summary}.revenue IS 'What passengers paid, tips by card included; NULL for fhv [USD].';
COMMENT ON COLUMN {summary}.distance IS 'Miles driven with passengers; NULL for fhv.';
COMMENT ON COLUMN {summary}.tips IS 'Tips by card; NULL for fhv [USD].';
COMMENT ON COLUMN {summary}.load_id IS 'The load in tlc_load whose rows were summarised.';
