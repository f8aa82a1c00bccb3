CREATE TABLE IF NOT EXISTS {ledger} (
    load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taxi text NOT NULL,
    file_month date NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('merged', 'failed')),
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS tlc_load_month ON {ledger} (taxi, file_month, load_id DESC);

COMMENT ON TABLE {ledger} IS 'One row per load: which file went into which month, and what was odd in it.';
COMMENT ON COLUMN {ledger}.file_month IS 'First day of the month that the file is named for.';
