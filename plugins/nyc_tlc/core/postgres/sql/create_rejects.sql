CREATE TABLE IF NOT EXISTS {rejects} (
    taxi text NOT NULL,
    file_month date NOT NULL,
    filename text NOT NULL,
    line bigint NOT NULL,
    column_name text,
    value text,
    reason text NOT NULL,
    raw text NOT NULL,
    PRIMARY KEY (taxi, file_month, line)
);

COMMENT ON TABLE {rejects} IS 'Rows of the month''s last file that could not be read, as they stood.';
COMMENT ON COLUMN {rejects}.line IS 'Line of a CSV file, row of a Parquet file, from 1.';
COMMENT ON COLUMN {rejects}.column_name IS 'The first column that cannot be read; NULL for a whole line.';
COMMENT ON COLUMN {rejects}.raw IS 'The line without its end, or the row as JSON.';
