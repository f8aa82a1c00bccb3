"""``make demo``: loads three green months into an embedded Postgres with a real Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg

from dev.environment import SAMPLES, airflow_environment
from dev.progress import progress
from dev.standalone import running_airflow, start_errors_as_text
from dev.three_months import load_months, print_table, with_source
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
    print("Starting the warehouse …", flush=True)
    with progress("starting the warehouse"):
        environment = with_source(airflow_environment())
    print("Starting Airflow and its scheduler …", flush=True)
    with running_airflow(environment) as airflow:
        print(f"Airflow is at {airflow.url} (user {airflow.user}, password {airflow.password})")
        runs = load_months(airflow, DAG_ID)
    with psycopg.connect(_conninfo(environment)) as connection:
        loads = {month: rest for month, *rest in connection.execute(LOADED).fetchall()}
    print_table(runs, loads)
    print(f"\nThis Airflow has stopped; the rows are in the warehouse.\n{_next_steps(environment)}")


def _next_steps(environment: Mapping[str, str]) -> str:
    """What works from here on: without a running Airflow, and from the source that the demo used."""
    samples = SAMPLES.as_uri() in environment["AIRFLOW_CONN_TLC_DEFAULT"]
    conf = '{"month": "2021-03", "force": true}' if samples else '{"month": "2021-04"}'
    steps = {
        "See all months": "make ui, and open the page that it names first",
        "Query it": """make psql ARGS='-c "SELECT count(*) FROM green_tripdata"'""",
        "Load a month again" if samples else "Load another month": (
            f"bin/airflow dags test tlc_postgres_green --conf '{conf}'"
        ),
    }
    lines = [f"  {what + ':':24}{command}" for what, command in steps.items()]
    return "\n".join([*lines, _about_containers(environment)])


def _about_containers(environment: Mapping[str, str]) -> str:
    """A hint about the DAGs that need a container engine."""
    url = environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    try:
        require_engine(url)
    except TlcError as error:
        return f"\ntlc_report and products_tutorial need a container engine. {error}"
    return f"  {'Draw its report:':24}make images, then make ui, and trigger tlc_report there"


def _conninfo(environment: Mapping[str, str]) -> str:
    fields = json.loads(environment["AIRFLOW_CONN_TLC_POSTGRES"])
    given = {
        "host": fields.get("host"), "port": fields.get("port"), "user": fields.get("login"),
        "password": fields.get("password"), "dbname": fields.get("schema"),
    }  # fmt: skip
    return psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if value})


if __name__ == "__main__":
    with start_errors_as_text():
        main()
