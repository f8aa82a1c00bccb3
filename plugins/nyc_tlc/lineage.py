"""OpenLineage: what a step read and wrote, with columns and row counts.

Airflow's OpenLineage provider asks the operators for it when a task ends, if that provider is installed
and has a transport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.providers.common.compat.openlineage.facet import Dataset, OutputDataset
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Connection

    from nyc_tlc.core.contract.model import Column


def lineage(inputs: Iterable[Dataset], outputs: Iterable[Dataset]) -> OperatorLineage:
    from airflow.providers.openlineage.extractors import OperatorLineage

    return OperatorLineage(inputs=list(inputs), outputs=list(outputs))


def file_dataset(uri: str, **facets: Any) -> Dataset:
    """A file as namespace and name: ``https://host`` and ``path``, or ``file`` and ``/path``."""
    from airflow.providers.common.compat.openlineage.facet import Dataset

    return Dataset(*_named(uri), facets=facets)


def file_written(uri: str, rows: int, size: int) -> OutputDataset:
    from airflow.providers.common.compat.openlineage.facet import OutputDataset

    return OutputDataset(*_named(uri), outputFacets=_statistics(rows, size))


def postgres_table(connection: Connection, schema: str, table: str) -> Dataset:
    from airflow.providers.common.compat.openlineage.facet import Dataset

    return Dataset(*_placed(connection, schema, table))


def postgres_table_written(
    connection: Connection,
    schema: str,
    table: str,
    rows: int | None,
    columns: Iterable[Column] = (),
) -> OutputDataset:
    from airflow.providers.common.compat.openlineage.facet import OutputDataset

    return OutputDataset(
        *_placed(connection, schema, table),
        facets=_schema(columns),
        outputFacets=_statistics(rows),
    )


def _named(uri: str) -> tuple[str, str]:
    """OpenLineage's naming: the store is the namespace, the file's path is the name."""
    parts = urlsplit(uri)
    if parts.scheme in ("", "file"):
        return "file", unquote(parts.path)
    return f"{parts.scheme}://{parts.hostname}", parts.path.lstrip("/")


def _placed(connection: Connection, schema: str, table: str) -> tuple[str, str]:
    server = f"postgres://{connection.host or 'localhost'}:{connection.port or 5432}"
    return server, f"{connection.schema}.{schema}.{table}"


def _schema(columns: Iterable[Column]) -> dict[str, Any]:
    from airflow.providers.common.compat.openlineage.facet import (
        SchemaDatasetFacet,
        SchemaDatasetFacetFields,
    )

    fields = [
        SchemaDatasetFacetFields(column.name, str(column.type), column.comment)
        for column in columns
    ]
    return {"schema": SchemaDatasetFacet(fields=fields)} if fields else {}


def _statistics(rows: int | None, size: int | None = None) -> dict[str, Any]:
    from airflow.providers.common.compat.openlineage.facet import (
        OutputStatisticsOutputDatasetFacet,
    )

    return {"outputStatistics": OutputStatisticsOutputDatasetFacet(rowCount=rows, size=size)}
