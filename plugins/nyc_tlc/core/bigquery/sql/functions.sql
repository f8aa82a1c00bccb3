-- The text of a float in unique_row_id (reader/fingerprint.py): rounded to 6 decimals, the shortest
-- digits that read back the same, whole numbers with .0, an exponent below 1e-4 and from 1e16 on.
-- It is DuckDB's text. BigQuery's own CAST to STRING writes 1 for 1.0, and 17 digits where 16 suffice.
CREATE TEMP FUNCTION SIGNED(negative BOOL, digits STRING) AS (
    IF(negative, CONCAT('-', digits), digits)
);

-- For a whole number of millionths, exact below 1e15.
CREATE TEMP FUNCTION MILLIONTHS_TEXT(millionths INT64) AS (
    CASE
        WHEN millionths = 0 THEN '0.0'
        WHEN millionths < 10 THEN CONCAT(CAST(millionths AS STRING), 'e-06')
        WHEN millionths < 100
            THEN
                CONCAT(
                    CAST(DIV(millionths, 10) AS STRING),
                    IF(MOD(millionths, 10) = 0, '', CONCAT('.', CAST(MOD(millionths, 10) AS STRING))),
                    'e-05'
                )
        ELSE
            CONCAT(
                CAST(DIV(millionths, 1000000) AS STRING),
                '.',
                IF(
                    MOD(millionths, 1000000) = 0,
                    '0',
                    RTRIM(LPAD(CAST(MOD(millionths, 1000000) AS STRING), 6, '0'), '0')
                )
            )
    END
);

-- For values above a billion. No fare, distance or coordinate is that large.
CREATE TEMP FUNCTION LARGE_TEXT(size FLOAT64) AS (
    CASE
        WHEN IS_NAN(size) OR IS_INF(size) THEN LOWER(CAST(size AS STRING))
        WHEN size < 1e16 AND size = TRUNC(size) THEN CONCAT(CAST(CAST(size AS INT64) AS STRING), '.0')
        WHEN SAFE_CAST(FORMAT('%.15g', size) AS FLOAT64) = size THEN FORMAT('%.15g', size)
        WHEN SAFE_CAST(FORMAT('%.16g', size) AS FLOAT64) = size THEN FORMAT('%.16g', size)
        WHEN size >= 1e16 THEN FORMAT('%.16e', size)
        ELSE FORMAT('%.17g', size)
    END
);

CREATE TEMP FUNCTION ROUNDED_TEXT(size FLOAT64, millionths FLOAT64) AS (
    IF(
        millionths < 1e15,
        MILLIONTHS_TEXT(SAFE_CAST(millionths AS INT64)),
        LARGE_TEXT(IF(millionths IS NULL OR IS_INF(millionths), size, millionths / 1e6))
    )
);

CREATE TEMP FUNCTION FLOAT_TEXT(value FLOAT64) AS (
    SIGNED(
        STARTS_WITH(FORMAT('%.0f', value), '-') OR value < 0,
        ROUNDED_TEXT(ABS(value), ROUND(SAFE_MULTIPLY(ABS(value), 1e6)))
    )
);
