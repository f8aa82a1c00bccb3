COPY (
    SELECT
        {pickup},
        -- Text in some tables of people's own.
        pulocationid::double precision::integer AS zone,
        total_amount AS total,
        tip_amount AS tip,
        payment_type::double precision = 1 AS by_card
    FROM {trips}
    WHERE {month}
) TO STDOUT (FORMAT csv)
