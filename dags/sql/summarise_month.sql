INSERT INTO {summary} (
    taxi, file_month, pickup_date, pulocationid, trips, revenue, distance, tips, load_id
)
SELECT
    %(taxi)s,
    %(month)s,
    trip.{pickup}::date AS pickup_date,
    trip.pulocationid,
    count(*) AS trips,
    sum({revenue})::numeric(14, 2) AS revenue,
    sum({distance}) AS distance,
    sum({tip})::numeric(14, 2) AS tips,
    %(load_id)s
FROM {trips} AS trip
WHERE {of_month}
GROUP BY trip.{pickup}::date, trip.pulocationid
