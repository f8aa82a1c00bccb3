"""The jobs of a run: ids, labels, configurations, and their errors."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.server_errors import job_error, named_cloud_errors

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.catalog import TripFile

LABEL_LENGTH = 63


@dataclass(frozen=True)
class JobContext:
    """The task that a job belongs to, and its limit in billed bytes (None: no limit)."""

    dag_id: str
    run_id: str
    task_id: str
    file: TripFile
    maximum_bytes_billed: int | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Shown on the bill and in INFORMATION_SCHEMA.JOBS."""
        given = {
            "dag": self.dag_id,
            "task": self.task_id,
            "taxi": str(self.file.taxi),
            "month": str(self.file.month),
        }
        return {name: _label(value) for name, value in given.items()}

    @property
    def job_id(self) -> str:
        """The same for each try of a run's task, so that a retry finds a job that is already running."""
        run = hashlib.sha256(f"{self.dag_id} {self.run_id}".encode()).hexdigest()[:16]
        return re.sub(r"[^\w-]", "_", f"tlc_{self.dag_id}_{self.task_id}_{run}", flags=re.ASCII)

    def query(self, sql: str, **parameters: Any) -> dict[str, Any]:
        """The configuration of a query job. The limit also applies to each statement of a script."""
        limit = str(self.maximum_bytes_billed)
        limits = {"maximumBytesBilled": limit, "scriptOptions": {"statementByteBudget": limit}}
        return {
            "labels": self.labels,
            "query": {
                "query": sql,
                "useLegacySql": False,
                "parameterMode": "NAMED",
                "queryParameters": query_parameters(parameters),
                **(limits if self.maximum_bytes_billed else {}),
            },
        }

    def load(self, uri: str, table: BigQueryTable) -> dict[str, Any]:
        """The configuration of a load job, which is free. It replaces the table.

        BigQuery takes names and types from the Parquet file (columns.py); it guesses none of them.
        """
        load = {
            "sourceUris": [uri],
            "sourceFormat": "PARQUET",
            "destinationTable": table.reference,
            "writeDisposition": "WRITE_TRUNCATE",
            "createDisposition": "CREATE_IF_NEEDED",
        }
        return {"labels": self.labels, "load": load}


def wait_for(job: Any) -> None:
    """Wait until a job has ended; raises our errors, with the first of BigQuery's row errors."""
    from google.api_core.exceptions import GoogleAPICallError

    with named_cloud_errors("job"):
        try:
            job.result()
        except GoogleAPICallError as error:
            if (
                not job.error_result
            ):  # a query's error comes with its results, before the job's state
                job.reload()
            if not job.error_result:
                raise
            raise job_error(job.job_id, job.error_result, job.errors or ()) from error


def _label(value: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", value.lower())[:LABEL_LENGTH]


# A bool is an int and a datetime is a date, so the subclass comes first.
TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (dt.datetime, "TIMESTAMP"),
    (dt.date, "DATE"),
)


def query_parameters(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """In the REST API's form; None is a NULL of type STRING, a list an array of strings.

    Google's library is imported already when a task runs (hooks/google_cloud.py).
    """
    from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

    return [
        ArrayQueryParameter(name, "STRING", value).to_api_repr()
        if isinstance(value, list)
        else ScalarQueryParameter(name, _type_of(value), value).to_api_repr()
        for name, value in values.items()
    ]


def _type_of(value: Any) -> str:
    return next((name for kind, name in TYPES if isinstance(value, kind)), "STRING")
