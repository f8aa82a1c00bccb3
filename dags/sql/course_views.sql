-- The schema course: the trips under the names, quoting and types of the Data Engineering Zoomcamp's SQL.
-- Run it again after the first month of another taxi, and after the trips tables were renamed.
-- Views read the trips tables when they are queried and hold no lock otherwise, so loads never wait for them.
CREATE SCHEMA IF NOT EXISTS course;

DO $course$
BEGIN
    -- As the course's ingestion script makes it from the CSV files, with pandas.
    IF to_regclass('public.yellow_tripdata') IS NOT NULL THEN
        EXECUTE $view$
            CREATE OR REPLACE VIEW course.yellow_taxi_trips WITH (security_invoker = true) AS
            SELECT
                vendorid::bigint AS "VendorID",
                tpep_pickup_datetime,
                tpep_dropoff_datetime,
                passenger_count::bigint AS passenger_count,
                trip_distance,
                ratecodeid::bigint AS "RatecodeID",
                store_and_fwd_flag,
                pulocationid::bigint AS "PULocationID",
                dolocationid::bigint AS "DOLocationID",
                payment_type::bigint AS payment_type,
                fare_amount,
                extra,
                mta_tax,
                tip_amount,
                tolls_amount,
                improvement_surcharge,
                total_amount,
                congestion_surcharge
            FROM public.yellow_tripdata
        $view$;
        EXECUTE $view$
            CREATE OR REPLACE VIEW course.yellow_taxi_data WITH (security_invoker = true) AS
            SELECT * FROM course.yellow_taxi_trips
        $view$;
        -- As the course's Kestra flows make it: lower case, ids as text.
        EXECUTE $view$
            CREATE OR REPLACE VIEW course.yellow_tripdata WITH (security_invoker = true) AS
            SELECT
                md5(concat(
                    vendorid, tpep_pickup_datetime, tpep_dropoff_datetime, pulocationid, dolocationid,
                    fare_amount, trip_distance
                )) AS unique_row_id,
                regexp_replace(filename, '\.(csv\.gz|parquet)$', '.csv') AS filename,
                vendorid::text AS vendorid,
                tpep_pickup_datetime,
                tpep_dropoff_datetime,
                passenger_count,
                trip_distance,
                ratecodeid::text AS ratecodeid,
                store_and_fwd_flag,
                pulocationid::text AS pulocationid,
                dolocationid::text AS dolocationid,
                payment_type,
                fare_amount,
                extra,
                mta_tax,
                tip_amount,
                tolls_amount,
                improvement_surcharge,
                total_amount,
                congestion_surcharge
            FROM public.yellow_tripdata
        $view$;
    END IF;

    IF to_regclass('public.green_tripdata') IS NOT NULL THEN
        EXECUTE $view$
            CREATE OR REPLACE VIEW course.green_taxi_trips WITH (security_invoker = true) AS
            SELECT
                vendorid::bigint AS "VendorID",
                lpep_pickup_datetime,
                lpep_dropoff_datetime,
                store_and_fwd_flag,
                ratecodeid::bigint AS "RatecodeID",
                pulocationid::bigint AS "PULocationID",
                dolocationid::bigint AS "DOLocationID",
                passenger_count::bigint AS passenger_count,
                trip_distance,
                fare_amount,
                extra,
                mta_tax,
                tip_amount,
                tolls_amount,
                ehail_fee,
                improvement_surcharge,
                total_amount,
                payment_type::bigint AS payment_type,
                trip_type::bigint AS trip_type,
                congestion_surcharge
            FROM public.green_tripdata
        $view$;
        EXECUTE $view$
            CREATE OR REPLACE VIEW course.green_tripdata WITH (security_invoker = true) AS
            SELECT
                md5(concat(
                    vendorid, lpep_pickup_datetime, lpep_dropoff_datetime, pulocationid, dolocationid,
                    fare_amount, trip_distance
                )) AS unique_row_id,
                regexp_replace(filename, '\.(csv\.gz|parquet)$', '.csv') AS filename,
                vendorid::text AS vendorid,
                lpep_pickup_datetime,
                lpep_dropoff_datetime,
                store_and_fwd_flag,
                ratecodeid::text AS ratecodeid,
                pulocationid::text AS pulocationid,
                dolocationid::text AS dolocationid,
                passenger_count,
                trip_distance,
                fare_amount,
                extra,
                mta_tax,
                tip_amount,
                tolls_amount,
                ehail_fee,
                improvement_surcharge,
                total_amount,
                payment_type,
                trip_type,
                congestion_surcharge
            FROM public.green_tripdata
        $view$;
    END IF;

    -- A copy, not a view: the course's SQL refresher deletes a zone from it.
    CREATE TABLE IF NOT EXISTS course.zones (
        "LocationID" bigint, "Borough" text, "Zone" text, service_zone text
    );
    IF to_regclass('public.taxi_zone_lookup') IS NOT NULL THEN
        EXECUTE $zones$
            DELETE FROM course.zones;
            INSERT INTO course.zones SELECT locationid, borough, zone, service_zone
            FROM public.taxi_zone_lookup ORDER BY locationid
        $zones$;
    END IF;
END
$course$;

-- Views check the rights of the user who queries, so these grants open no table to anyone.
GRANT USAGE ON SCHEMA course TO public;
GRANT SELECT ON ALL TABLES IN SCHEMA course TO public;
