COPY (
    SELECT {columns}
    FROM {trips} AS trip -- noqa: AL05
    WHERE {of_month}
) TO STDOUT (FORMAT csv)
