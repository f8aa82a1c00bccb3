"""Runs the operators of one run, without a scheduler and a triggerer."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import asdict
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk import DAG
from cloud_month import CloudMonth

from nyc_tlc.operators.bigquery import (
    BigQueryCheckOdditiesOperator,
    BigQueryLoadOperator,
    BigQueryMergeOperator,
    BigQueryTransformOperator,
    BigQueryUploadOperator,
)

Facts = dict[str, Any]


class CloudSteps:
    """Each call makes its operator anew, as each try of a task does. ``more``: to every job's."""

    def __init__(self, month: CloudMonth, **more: Any) -> None:
        file, run_id = month.file, month.warehouse.place.dataset
        self.file = {"taxi": str(file.taxi), "month": str(file.month), "source": str(file.source)}
        self.landed = {**asdict(month.landed), "uri": month.path.as_uri()}
        self.place = asdict(month.warehouse.place)
        self.more = more
        self.context: Any = {
            "dag": SimpleNamespace(dag_id="a_dag"),
            "run_id": run_id,
            "dag_run": SimpleNamespace(start_date=dt.datetime(2024, 5, 1, tzinfo=dt.UTC)),
            "outlet_events": {},
        }

    def job(self, kind: Any, task_id: str, **arguments: Any) -> Any:
        """In a DAG, whose id is part of the job's."""
        with DAG("a_dag", schedule=None):
            return kind(task_id=task_id, file=self.file, place=self.place, **self.more, **arguments)

    def upload(self) -> Facts:
        step = BigQueryUploadOperator(
            task_id="upload", file=self.file, landed=self.landed, place=self.place
        )
        sent: Facts = step.execute(self.context)  # type: ignore[assignment]
        return sent

    def transform(self, sent: Facts, **arguments: Any) -> Facts:
        step = BigQueryTransformOperator(
            task_id="transform", file=self.file, landed=self.landed, place=self.place, sent=sent,
            **arguments,
        )  # fmt: skip
        prepared: Facts = step.execute(self.context)  # type: ignore[assignment]
        return prepared

    def load(self, prepared: Facts) -> Any:
        return self.job(BigQueryLoadOperator, "load", prepared=prepared)

    def check(self) -> Any:
        return self.job(BigQueryCheckOdditiesOperator, "check")

    def merge(self, staged: Facts, oddities: Facts, **arguments: Any) -> Any:
        return self.job(
            BigQueryMergeOperator, "merge", landed=self.landed, staged=staged, oddities=oddities,
            **arguments,
        )  # fmt: skip

    def until_merge(self) -> tuple[Facts, Facts]:
        """What load and check returned."""
        staged = self.load(self.transform(self.upload())).execute(self.context)
        return staged, self.check().execute(self.context)


def deferred(operator: Any, context: Any) -> TaskDeferred:
    try:
        operator.execute(context)
    except TaskDeferred as wait:
        return wait
    raise AssertionError(f"{operator.task_id} did not defer")


def restarted(wait: TaskDeferred) -> Any:
    """The trigger as another triggerer makes it, from what Airflow's database has of it."""
    path, arguments = wait.trigger.serialize()
    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)(**arguments)


def event_of(trigger: Any, seconds: float = 60) -> Any:
    """The payload of its event; TimeoutError where there is none within ``seconds``."""

    async def first() -> Any:
        return (await anext(trigger.run())).payload

    return asyncio.run(asyncio.wait_for(first(), seconds))


def resumed(wait: TaskDeferred, operator: Any, context: Any) -> Any:
    """The task's end, on whichever worker: wait in the triggerer, then go on as asked.

    With the event alone, as ``DAG.test`` does it, which drops any other argument.
    """
    event = event_of(restarted(wait))
    return getattr(operator, wait.method_name)(context, event=event)
