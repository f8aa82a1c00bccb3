"""A DAG with as many tasks, in the same shape, as a month of ``tlc_postgres_TAXI``; they do nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, task

with DAG(
    "seven_empty_tasks",
    schedule="@monthly",
    start_date=datetime(2000, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=8,
    max_active_tasks=4,
    is_paused_upon_creation=True,
):

    @task
    def nothing() -> None:
        pass

    find, download, stage, rows, oddities, merge, clean_up = (
        nothing.override(task_id=name)()
        for name in (
            "find", "download", "stage", "check_rows", "check_oddities", "merge", "clean_up",
        )
    )  # fmt: skip
    find >> download >> stage >> [rows, oddities] >> merge >> clean_up
