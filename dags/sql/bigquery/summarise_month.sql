-- Readers see the month's old rows or its new ones. The partition is a parameter, so no other is read.
BEGIN TRANSACTION;

DELETE FROM {summary}
WHERE taxi = @taxi AND file_month = @file_month;

INSERT INTO {summary} (
    taxi, file_month, pickup_date, pulocationid, trips, revenue, distance, tips, load_id
)
SELECT
    @taxi AS taxi,
    @file_month AS file_month,
    DATE(trip.{pickup}) AS pickup_date,
    trip.pulocationid,
    COUNT(*) AS trips,
    ROUND(SAFE_CAST(SUM({revenue}) AS NUMERIC), 2) AS revenue,
    SUM({distance}) AS distance,
    ROUND(SAFE_CAST(SUM({tip}) AS NUMERIC), 2) AS tips,
    CAST(@load_id AS INT64) AS load_id
FROM {trips} AS trip
WHERE trip.file_month = @file_month
GROUP BY pickup_date, trip.pulocationid;

COMMIT TRANSACTION;

SELECT COUNT(*) AS summary_rows
FROM {summary}
WHERE taxi = @taxi AND file_month = @file_month;
