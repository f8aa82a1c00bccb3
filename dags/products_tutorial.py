"""### The course's first pipeline, on Airflow

**extract** products from a JSON API → **transform** them in a container with polars → **query** the
average price by brand with DuckDB. The DAG also has a second branch, a condition, an errors branch and
a sub-flow. Read the file (`dags/products_tutorial.py`) from top to bottom: its comments explain Airflow
to people who know the same pipeline from another tool. Start with `hello_tutorial` if Airflow is new to
you.

- The answer: the output (*XCom*) and the log of the task `summary.average_price_by_brand`, and
  `<tlc_reports>/products/average_price_by_brand.csv`.
- It needs a container engine where the workers run, and the image: `make images`. See docs/containers.md.
- The API's address is the HTTP connection `products_api`: https://dummyjson.com in `make ui` and in the
  stack. To use another API, change the connection: host, and login or headers if the API needs them.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
)
from airflow.sdk import DAG, Asset, Metadata, Param, TaskGroup, TriggerRule, task

from nyc_tlc.callbacks import notify_failure
from nyc_tlc.core.containers.sandbox import PRODUCTS
from nyc_tlc.operators.script import ScriptContainerOperator
from nyc_tlc.wiring.defaults import DEFAULT_ARGS, REPORTS_MOUNT, SCRIPTS, SCRIPTS_FOLDER

# Where the files of a run are. The text in {{ … }} is a template: Airflow fills it in when a task
# runs, not when it reads this file. The container sees nothing but the folder SCRIPT, at /data/….
FOLDER = f"{SCRIPTS_FOLDER}/products"
SCRIPT = "products/script"
EXTRACTED = f"{SCRIPTS_FOLDER}/{SCRIPT}/input/products.json"
KEPT = "kept.{{ params.format }}"

# The longest answer of the API, or of the script, that is accepted.
MAX_BYTES = 5_000_000

# default_args apply to every task below: try again three times, wait longer each time, and end a try
# after ten minutes.
ARGS = {**DEFAULT_ARGS, "execution_timeout": timedelta(minutes=10)}

# An asset is a name for data. A task announces new data under this name, and a DAG (below) starts.
ANSWER = Asset("products_tutorial/average_prices")

# A DAG is a flow. Everything created inside the "with" block belongs to it.
with DAG(
    dag_id="products_tutorial",
    description="The course's first pipeline: HTTP, a container with polars, DuckDB",
    doc_md=__doc__,
    # None: it runs only when someone triggers it. A schedule is a cron expression: "0 0 1 * *" runs at
    # midnight (UTC) on the first day of each month. Unpausing a DAG with a schedule starts the run
    # that was due last; with catchup=True, one for each month since start_date.
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    # One run at a time, because all runs use the same files.
    max_active_runs=1,
    is_paused_upon_creation=True,
    # Tasks that name a .sql file find it here.
    template_searchpath=[str(Path(__file__).parent / "sql")],
    # Inputs. Each has a type, a default, and a field in the form that "Trigger" shows. Airflow refuses
    # a value that does not fit before anything runs. On the command line: --conf '{"limit": 10}'.
    params={
        # A path and no URL: people who may trigger a DAG must not choose which server it talks to.
        "path": Param(
            "products",
            type="string",
            pattern=r"^products(/[a-z0-9-]+)*$(?!\n)",
            maxLength=200,
            title="Path of the API",
            description="Such as products/category/beauty. The server is the connection products_api.",
        ),
        "limit": Param(30, type="integer", minimum=1, maximum=200, title="How many products"),
        "columns_to_keep": Param(
            ["brand", "price"],
            type="array",
            items={"type": "string", "maxLength": 100},
            minItems=1,
            maxItems=50,
            examples=["brand", "price", "title", "category", "rating", "stock"],
            title="Columns to keep",
        ),
        "format": Param("csv", enum=["csv", "json"], title="Format of the transformed products"),
        "publish": Param(True, type="boolean", title="Run the sub-flow at the end"),
    },
    tags=["tlc", "tutorial", "docker"],
    default_args=ARGS,
    # Called when a run has failed: sends the notifications of the Variable tlc_notifiers, if it is set.
    on_failure_callback=notify_failure,
):
    # A function with @task is a task, and calling it adds the task to the DAG. Airflow passes "params"
    # by its name. What the function returns is its output (XCom): keep it small, and put data into
    # files. With multiple_outputs, each key of the dictionary is an output of its own.
    @task(multiple_outputs=True)
    def extract(reports: str, to: str, params: dict[str, Any]) -> dict[str, Any]:
        """Downloads the products as JSON to a file that the container can read."""
        # Imports inside of the function: Airflow reads this file every minute, and for each task.
        # Airflow's HttpOperator makes such a request too, but it takes half a second to import, and
        # it keeps the whole answer in memory and in the metadata database.
        from nyc_tlc.core.containers.sandbox import hand_over, write_shared
        from nyc_tlc.extras import needs_extra

        with needs_extra("docker"):
            from airflow.providers.http.hooks.http import HttpHook

        # A hook is Airflow's client of a system, with address and login from a connection. This one's
        # is a Session of the library requests. It stays on the connection's server, whatever that
        # answers; with "stream", checked_body (below) decides how much of the answer is read.
        hook = HttpHook("GET", http_conn_id="products_api")
        try:
            session = hook.get_conn(headers={"Accept-Encoding": "identity"})
        except AirflowNotFoundException:
            raise AirflowFailException(
                "There is no connection products_api. Create one in Admin > Connections: type HTTP, "
                "host https://dummyjson.com."
            ) from None
        response = session.get(
            hook.url_from_endpoint(params["path"]),
            params={"limit": params["limit"]},
            timeout=60,
            stream=True,
            allow_redirects=False,
        )
        body = checked_body(response)
        file = Path(to)
        write_shared(Path(reports), file, body)
        for path in (file.parents[1], file.parent, file):
            hand_over(path)  # to the container's user
        return {"total": total_of(body), "bytes": len(body)}

    # An operator is a task that somebody else has written. This one runs a script in a container of
    # its own, with its own packages: include/containers/products. The script sees one folder only, and
    # cannot change the input in it.
    transform = ScriptContainerOperator(
        task_id="transform",
        image=PRODUCTS,
        mount=REPORTS_MOUNT,
        folder=SCRIPT,
        read_only="input",
        command=[
            "--from", f"/data/{SCRIPT}/input/products.json",
            "--to", f"/data/{SCRIPT}/{KEPT}",
            "--columns", "{{ params.columns_to_keep | tojson }}",
        ],
        memory="512m",
        **SCRIPTS,  # Docker, or a pod in Kubernetes: a Variable decides
    )  # fmt: skip

    # An argument that ends in .sql is a file's name; the task gets the text of the file.
    @task(multiple_outputs=True, templates_exts=[".sql"])
    def query_file(reports: str, sql: str, table: str, file: str, to: str) -> dict[str, Any]:
        """Runs SQL over a CSV or JSON file with DuckDB."""
        import duckdb

        from nyc_tlc.core.containers.sandbox import read_shared, write_shared

        # A script's file is data. A link could lead to any other file on this machine, so these two
        # functions follow none, and DuckDB works on a copy that no container sees.
        with TemporaryDirectory() as own, duckdb.connect() as connection:
            copy, result = Path(own, Path(file).name), Path(own, "answer.csv")
            copy.write_bytes(read_shared(Path(reports), Path(file), MAX_BYTES))
            read = connection.read_json if file.endswith(".json") else connection.read_csv
            read(str(copy)).create_view(table)
            answer = connection.sql(sql)
            answer.write_csv(str(result))
            write_shared(Path(reports), Path(to), result.read_bytes())
            logging.getLogger(__name__).info("%s:\n%s", table, answer)
            rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
        return {"rows": len(rows), "first": rows[:20], "file": to}

    extracted = extract(reports=SCRIPTS_FOLDER, to=EXTRACTED)

    # The UI folds the tasks of a group into one box. One function can be several tasks.
    with TaskGroup(group_id="summary"):
        average_price = query_file.override(task_id="average_price_by_brand")(
            reports=SCRIPTS_FOLDER,
            sql="average_price_by_brand.sql",
            table="products",
            file=f"{SCRIPTS_FOLDER}/{SCRIPT}/{KEPT}",
            to=f"{FOLDER}/average_price_by_brand.csv",
        )
        # The second branch needs only what was extracted, so it runs at the same time as "transform".
        by_category = query_file.override(task_id="products_by_category")(
            reports=SCRIPTS_FOLDER,
            sql="products_by_category.sql",
            table="answer",
            file=EXTRACTED,
            to=f"{FOLDER}/products_by_category.csv",
        )

    # A condition: where the function returns False, Airflow skips what comes after it.
    @task.short_circuit
    def wanted(params: dict[str, Any]) -> bool:
        """Is the sub-flow wanted?"""
        return bool(params["publish"])

    # The trigger of the sub-flow: this task announces a new answer, with what the sub-flow needs.
    # Airflow's TriggerDagRunOperator starts a DAG by its id and passes inputs; importing it takes half
    # a second as well. tlc_range shows such a task, which also waits for the run.
    @task(outlets=[ANSWER])
    def publish(brands: int, products: int) -> Any:
        """Starts the sub-flow `products_tutorial_published`, unless it is paused."""
        yield Metadata(ANSWER, {"brands": brands, "products": products})

    # The errors branch: runs as soon as one of the tasks before it has failed (its retries used up).
    # A run ends as its last tasks do. This one fails, so that the run does not look successful.
    @task(trigger_rule=TriggerRule.ONE_FAILED)
    def explain(run_id: str) -> None:
        """What to do when a task has failed."""
        raise AirflowFailException(
            f"{run_id}: the failed task's log says why, and what to do next."
        )

    # The edges: what comes after what. Lists are branches in parallel. Where a task takes another
    # task's output, as "publish" does, Airflow adds the edge.
    extracted >> [transform, by_category]
    transform >> average_price >> wanted() >> publish(average_price["rows"], extracted["total"])
    [extracted, transform, average_price, by_category] >> explain()


# The sub-flow. Its schedule is the asset: a run starts when "publish" has ended.
with DAG(
    dag_id="products_tutorial_published",
    description="Sub-flow of products_tutorial: says what was found",
    doc_md="Sub-flow of `products_tutorial`: starts when that DAG's task `publish` has ended.",
    schedule=[ANSWER],
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    tags=["tlc", "tutorial"],
    default_args=ARGS,
    on_failure_callback=notify_failure,
):

    @task(inlets=[ANSWER])
    def say(inlet_events: Any) -> str:
        """Says what was found, by the newest answer."""
        if not len(inlet_events[ANSWER]):
            raise AirflowSkipException("There is no answer yet. Run products_tutorial first.")
        found = inlet_events[ANSWER][-1].extra
        return f"{found['brands']} brands among {found['products']} products"

    say()


# What "extract" checks. The texts of the errors contain nothing of the answer: it is not ours to show.
def checked_body(response: Any) -> bytes:
    """The body of a good answer, read up to a limit."""
    status = response.status_code
    if status != 200:
        # An ordinary exception is tried again, AirflowFailException is not: another try cannot help.
        may_pass = status == 429 or status >= 500
        raise (AirflowException if may_pass else AirflowFailException)(
            f"products_api answered {status}, expected 200. Check the path, and the connection's host "
            "and login."
        )
    body = bytes(response.raw.read(MAX_BYTES + 1))
    if len(body) > MAX_BYTES:
        raise AirflowFailException(
            f"products_api sent more than {MAX_BYTES:,} bytes. Lower the limit of products."
        )
    return body


def total_of(body: bytes) -> int:
    """How many products the API has."""
    try:
        return int(json.loads(body)["total"])
    except (ValueError, TypeError, LookupError):
        raise AirflowFailException(
            "products_api did not answer with JSON that has a total. Check the connection: another "
            "server, a proxy or a login page may have answered."
        ) from None
