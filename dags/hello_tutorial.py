"""### A first DAG

Two tasks: **greet** makes a text of the param *name*, **count** gets that text, writes a line to its log
and returns the number of letters. *Trigger* shows the form. docs/first-steps.md walks through it.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import DAG, Param, task

from nyc_tlc.callbacks import notify_failure
from nyc_tlc.wiring.defaults import DEFAULT_ARGS

with DAG(
    dag_id="hello_tutorial",
    description="A first DAG: one input, two tasks, an output, a line in the log",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=4,
    is_paused_upon_creation=True,
    params={
        # One line: what is entered goes to the log.
        "name": Param(
            "New York",
            type="string",
            minLength=1,
            maxLength=100,
            pattern="^[^\\u0000-\\u001f\\u007f]+$(?!\\n)",
            title="Name",
        )
    },
    tags=["tlc", "tutorial"],
    default_args=DEFAULT_ARGS,
    on_failure_callback=notify_failure,
):

    @task
    def greet(params: dict[str, Any]) -> str:
        """Makes the greeting."""
        return f"Hello, {params['name']}!"

    @task
    def count(greeting: str) -> int:
        """Writes the greeting to the log and counts its letters."""
        letters = sum(map(str.isalpha, greeting))
        logging.getLogger(__name__).info("%s That is %d letters.", greeting, letters)
        return letters

    count(greet())
