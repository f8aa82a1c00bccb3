"""``make demo``: loads three green months into an embedded Postgres with a real Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg

from dev.environment import airflow_environment
from dev.standalone import running_airflow
from dev.three_months import load_months, print_table, source
from nyc_tlc.core.containers.engine import require_engine
from nyc_tlc.core.errors import TlcError

DAG_ID = "tlc_postgres_green"

LOADED = """
    SELECT to_char(file_month, 'YYYY-MM'), rows_read, bytes, month_rows.rows
    FROM (SELECT DISTINCT ON (file_month) * FROM tlc_load
          WHERE taxi = 'green' AND outcome = 'merged' ORDER BY file_month, load_id DESC) AS load
    LEFT JOIN (SELECT file_month, count(*) AS rows FROM green_tripdata GROUP BY 1) AS month_rows
    USING (file_month)
"""


def main() -> None:
    environment = airflow_environment()
    if "AIRFLOW_CONN_TLC_DEFAULT" not in environment:
        environment["AIRFLOW_CONN_TLC_DEFAULT"] = json.dumps(source())
    print("Starting Airflow and its scheduler …", flush=True)
    with running_airflow(environment) as airflow:
        print(f"Airflow is at {airflow.url} (user {airflow.user}, password {airflow.password})")
        runs = load_months(airflow, DAG_ID)
    with psycopg.connect(_conninfo(environment)) as connection:
        loads = {month: rest for month, *rest in connection.execute(LOADED).fetchall()}
    print_table(runs, loads)
    print("\nSee all months: make ui, then Browse > Taxi months.")
    print("Load another month: bin/airflow dags test tlc_postgres_green \\")
    print("""    --conf '{"month": "2021-04"}'   Query it: make psql""")
    print(_about_containers(environment))


def _about_containers(environment: Mapping[str, str]) -> str:
    """A hint about the DAGs that need a container engine."""
    url = environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    try:
        require_engine(url)
    except TlcError as error:
        return f"\ntlc_report and products_tutorial need a container engine. {error}"
    return "Draw a month's report: run make images, then trigger tlc_report in make ui"


def _conninfo(environment: Mapping[str, str]) -> str:
    fields = json.loads(environment["AIRFLOW_CONN_TLC_POSTGRES"])
    given = {
        "host": fields.get("host"), "port": fields.get("port"), "user": fields.get("login"),
        "password": fields.get("password"), "dbname": fields.get("schema"),
    }  # fmt: skip
    return psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if value})


if __name__ == "__main__":
    main()
