CREATE TABLE IF NOT EXISTS {ledger} (
    load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taxi text NOT NULL,
    file_month date NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('merged', 'failed')),
    url text,
    filename text,
    etag text,
    last_modified text,
    bytes bigint,
    sha256 text,
    rows_read bigint,
    rows_staged bigint,
    rows_rejected bigint,
    rows_merged bigint,
    rows_replaced bigint,
    pickups_outside_month bigint,
    negative_totals bigint,
    null_vendors bigint,
    rows_sharing_id bigint,
    column_fingerprint text,
    unknown_columns text[],
    merge_mode text,
    dag_id text,
    run_id text,
    started_at timestamptz,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text
);

CREATE INDEX IF NOT EXISTS tlc_load_month ON {ledger} (taxi, file_month, load_id DESC);

COMMENT ON TABLE {ledger} IS 'A row a load: which file went into which month, and what was odd in it.';
COMMENT ON COLUMN {ledger}.file_month IS 'First day of the month that the file is named for.';
COMMENT ON COLUMN {ledger}.rows_read IS 'Data rows as counted in the file, before it was read.';
COMMENT ON COLUMN {ledger}.rows_staged IS 'Rows that COPY took into the staging table.';
COMMENT ON COLUMN {ledger}.rows_rejected IS 'Rows that could not be read; they are in tlc_reject.';
COMMENT ON COLUMN {ledger}.rows_merged IS 'Rows of this month in the trips table when the load ended.';
COMMENT ON COLUMN {ledger}.rows_replaced IS 'Rows of this month that the load took away.';
COMMENT ON COLUMN {ledger}.rows_sharing_id IS 'Rows whose unique_row_id another row of the file has too.';
COMMENT ON COLUMN {ledger}.column_fingerprint IS 'Tells one layout of file columns from another.';
COMMENT ON COLUMN {ledger}.unknown_columns IS 'Columns of the file that the contract does not know.';
