"""``make demo-gcp``: loads three green months into a BigQuery emulator with a real Airflow."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

from dev.emulators import PROJECT, Emulators, is_installed, running_emulators
from dev.environment import LOCAL, airflow_environment
from dev.progress import progress
from dev.standalone import running_airflow, start_errors_as_text
from dev.three_months import load_months, print_aligned, print_table, with_source

DAG_ID = "tlc_bigquery_green"
SETTINGS = {
    "AIRFLOW_VAR_GCP_PROJECT_ID": PROJECT,
    "AIRFLOW_VAR_GCP_BUCKET_NAME": "demo-nyc-tlc",
    "AIRFLOW_VAR_GCP_DATASET": "nyc_tlc",
}
LOADED = """
    SELECT FORMAT_DATE('%Y-%m', load.file_month) AS month, ANY_VALUE(load.rows_read) AS rows_read,
      ANY_VALUE(load.bytes) AS bytes, COUNT(trip.file_month) AS month_rows
    FROM nyc_tlc.tlc_load AS load
    LEFT JOIN nyc_tlc.green_tripdata AS trip ON trip.file_month = load.file_month
    WHERE load.load_id IN (
      SELECT MAX(load_id) FROM nyc_tlc.tlc_load
      WHERE taxi = 'green' AND outcome = 'merged' GROUP BY file_month
    )
    GROUP BY load.file_month
"""
AFTERWARDS = {
    "tlc_bigquery_zones": "loading the zones",
    "tlc_bigquery_summary": "summarising the months by day and zone",
}

# The same query as in docs/google-cloud.md.
QUESTION = """
SELECT pulocationid, COUNT(*) AS trips, ROUND(SUM(total_amount)) AS usd
FROM nyc_tlc.green_tripdata
WHERE file_month = DATE '2021-01-01'
GROUP BY 1 ORDER BY 2 DESC LIMIT 3
"""

SUMMARY = """
SELECT zone.borough, zone.zone, SUM(summary.trips) AS trips, SUM(summary.revenue) AS revenue
FROM nyc_tlc.trip_summary AS summary
JOIN nyc_tlc.taxi_zone_lookup AS zone ON zone.locationid = summary.pulocationid
WHERE summary.taxi = 'green'
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 3
"""


def main() -> None:
    first = "" if is_installed() else " (the first time, this downloads 250 MB)"
    print(f"Starting emulators of Cloud Storage and BigQuery{first} …", flush=True)
    with ExitStack() as stack:
        with progress("starting the emulators"):
            google_cloud = stack.enter_context(running_emulators(LOCAL / "google_cloud"))
        own = {**os.environ, **google_cloud.environment, **SETTINGS}
        environment = with_source(airflow_environment(own))
        print("Starting Airflow and its scheduler …", flush=True)
        with running_airflow(environment) as airflow:
            print("$ bin/airflow dags test tlc_gcp_setup", flush=True)
            with progress("creating bucket and datasets"):
                airflow.cli("dags", "test", "tlc_gcp_setup")
            runs = load_months(airflow, DAG_ID)
            for dag_id, does in AFTERWARDS.items():
                print(f"$ bin/airflow dags test {dag_id}", flush=True)
                with progress(does):
                    airflow.cli("dags", "test", dag_id)
        bigquery = _bigquery(google_cloud)
        print_table(runs, {row.month: row.values()[1:] for row in bigquery.query_and_wait(LOADED)})
        for question in (QUESTION, SUMMARY):
            _ask(bigquery, question)
    print("\nTo use your own Google Cloud project, see docs/google-cloud.md")


def _bigquery(google_cloud: Emulators) -> Any:
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    options = ClientOptions(api_endpoint=google_cloud.bigquery)
    return Client(PROJECT, AnonymousCredentials(), client_options=options)


def _ask(bigquery: Any, question: str) -> None:
    rows = bigquery.query_and_wait(question)
    print(question)
    names = [field.name for field in rows.schema]
    print_aligned(names, [list(map(str, row.values())) for row in rows])


if __name__ == "__main__":
    with start_errors_as_text():
        main()
