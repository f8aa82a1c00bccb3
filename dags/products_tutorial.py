"""### The course's first pipeline, on Airflow

**extract** products from a JSON API → **transform** them in a container with polars → **query** the
average price by brand with DuckDB. Beside it: a second branch, a condition, a sub-flow, an errors branch.
Read the file (`dags/products_tutorial.py`) from top to bottom: its comments explain Airflow to
somebody who has seen the same pipeline elsewhere.

- The answer: the output (*XCom*) and the log of the task `summary.average_price_by_brand`, and
  `<tlc_reports>/products/average_price_by_brand.csv`.
- Needs a container engine where the workers run, and the image: `make images`. See docs/containers.md.

The API is https://dummyjson.com/products; another one by the param `url`, or by an HTTP connection
`products_api` with a host (and login or headers, if it wants them).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG, Param, TaskGroup, TriggerRule, task

from nyc_tlc.core.containers.sandbox import PRODUCTS
from nyc_tlc.operators.file_query import FileQueryOperator
from nyc_tlc.operators.json_download import JsonDownloadOperator
from nyc_tlc.operators.script import ScriptContainerOperator
from nyc_tlc.operators.trigger_dag import TriggerDagOperator
from nyc_tlc.wiring.defaults import DEFAULT_ARGS, REPORTS, REPORTS_MOUNT

# Where the files of a run lie: as Airflow sees the folder, and as the container does. The text in
# {{ … }} is a template: Airflow fills it in when a task runs, never when this file is read.
FOLDER = f"{REPORTS}/products"
IN_CONTAINER = "/data/products"
KEPT = "kept.{{ params.format }}"

# default_args hold for every task below: try again three times, waiting longer each time, and give
# up a try after ten minutes.
ARGS = {
    **DEFAULT_ARGS, "execution_timeout": timedelta(minutes=10), "on_failure_callback": None,
}  # fmt: skip

# A DAG is a flow. Whatever is created inside of the "with" belongs to it.
with DAG(
    dag_id="products_tutorial",
    description="The course's first pipeline: HTTP, a container with polars, DuckDB",
    doc_md=__doc__,
    # cron: at midnight (UTC) on the first day of each month. catchup=False: only from now on.
    schedule="0 0 1 * *",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    # Tasks that name a .sql file find it here.
    template_searchpath=[str(Path(__file__).parents[1] / "include" / "sql")],
    # Inputs. Each has a type, a default, and a place in the form that "Trigger" shows; a value that
    # does not fit is refused before anything runs. On the command line: --conf '{"limit": 10}'.
    params={
        "url": Param(
            None,
            type=["null", "string"],
            format="uri",
            title="URL of the products",
            description="Empty: the connection products_api, or https://dummyjson.com/products.",
        ),
        "limit": Param(30, type="integer", minimum=1, maximum=200, title="How many products"),
        "columns_to_keep": Param(
            ["brand", "price"],
            type="array",
            items={"type": "string"},
            minItems=1,
            examples=["brand", "price", "title", "category", "rating", "stock"],
            title="Columns to keep",
        ),
        "format": Param("csv", enum=["csv", "json"], title="Format of the transformed products"),
        "publish": Param(True, type="boolean", title="Run the sub-flow at the end"),
    },
    tags=["tlc", "tutorial", "docker"],
    default_args=ARGS,
):
    # An operator is a kind of task; this is one task of it. Its answer goes to a file: what tasks
    # hand to one another (XCom, the outputs) should stay small. "parts" of the JSON become outputs,
    # each by its own name.
    extract = JsonDownloadOperator(
        task_id="extract",
        url="{{ params.url or '' }}",
        default_url="https://dummyjson.com/products",
        query={"limit": "{{ params.limit }}"},
        to=f"{FOLDER}/products.json",
        parts={"total": "total", "first_title": "products.0.title"},
        multiple_outputs=True,
    )

    # A script in a container of its own, with its own packages: include/containers/products. It sees
    # nothing but this folder, at /data/products. An array is handed over as JSON.
    transform = ScriptContainerOperator(
        task_id="transform",
        image=PRODUCTS,
        mount=REPORTS_MOUNT,
        folder="products",
        command=[
            "--from", f"{IN_CONTAINER}/products.json",
            "--to", f"{IN_CONTAINER}/{KEPT}",
            "--columns", "{{ params.columns_to_keep | tojson }}",
        ],
        memory="512m",
    )  # fmt: skip

    # Tasks can stand in a group, which the UI folds into one box.
    with TaskGroup(group_id="summary"):
        average_price = FileQueryOperator(
            task_id="average_price_by_brand",
            sql="average_price_by_brand.sql",
            tables={"products": f"{FOLDER}/{KEPT}"},
            to=f"{FOLDER}/average_price_by_brand.csv",
            multiple_outputs=True,
        )
        # The second branch needs only what was extracted, so it runs while "transform" does.
        by_category = FileQueryOperator(
            task_id="products_by_category",
            sql="products_by_category.sql",
            tables={"answer": f"{FOLDER}/products.json"},
            to=f"{FOLDER}/products_by_category.csv",
        )

    # A condition: where the function returns False, what comes after it is skipped. A function with
    # @task is a task; "params" is handed to it by its name.
    @task.short_circuit
    def wanted(params: dict[str, object]) -> bool:
        """Is the sub-flow asked for?"""
        return bool(params["publish"])

    # A sub-flow: a run of another DAG (below), with its own inputs. It starts if that DAG is not
    # paused. average_price.output["rows"] is an output of another task, known when this one runs.
    # (Airflow's own TriggerDagRunOperator takes the same arguments, and longer to import.)
    publish = TriggerDagOperator(
        task_id="publish",
        trigger_dag_id="products_tutorial_published",
        conf={"brands": average_price.output["rows"], "products": extract.output["total"]},
        doc_md="Starts the sub-flow `products_tutorial_published`.",
    )

    # The errors branch: runs as soon as one of the tasks before it has failed (its retries used up).
    # A run is what its last tasks are, so this one fails in the end: the run must not look well.
    @task(trigger_rule=TriggerRule.ONE_FAILED)
    def explain(run_id: str) -> None:
        """What to do when a task has failed."""
        raise AirflowFailException(
            f"{run_id}: the failed task's log says why, and what to do next."
        )

    # The edges: what comes after what. Lists are branches in parallel.
    extract >> [transform, by_category]
    transform >> average_price >> wanted() >> publish
    [extract, transform, average_price, by_category] >> explain()


# The sub-flow. Its inputs have types and defaults too, so that it can be run by hand.
with DAG(
    dag_id="products_tutorial_published",
    description="Sub-flow of products_tutorial: says what was found",
    doc_md="Sub-flow of `products_tutorial`, which starts it with `brands` and `products`.",
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    params={"brands": Param(0, type="integer"), "products": Param(0, type="integer")},
    tags=["tlc", "tutorial"],
    default_args=ARGS,
):

    @task
    def say(params: dict[str, int]) -> str:
        """Says what was found; what a task returns is its output."""
        return f"{params['brands']} brands among {params['products']} products"

    say()
