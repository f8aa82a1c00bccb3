"""The raw table that a load job filled, and the SQL that makes canonical rows from it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery import casts
from nyc_tlc.core.bigquery.fingerprint import fingerprint_sql
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import Contract, load_contract
from nyc_tlc.core.errors import ContractError, StagingMissingError
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.xcom import XComValue

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.objects import RawObject
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile

SAFE_NAME = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class LoadedTable(XComValue):
    """The result of a load job: the raw table's full name, and its number of rows."""

    table: str
    rows: int


def raw_file(
    warehouse: BigQueryWarehouse, table: BigQueryTable, file: TripFile, sent: RawObject
) -> RawFile:
    """The file in a raw table.

    Raises StagingMissingError if the table no longer exists, ContractError if the file's columns do
    not match the taxi's contract.
    """
    found = warehouse.find(table)
    if found is None:
        raise StagingMissingError(
            f"{table} no longer exists: raw tables expire after a day. Clear the load task."
        )
    contract = load_contract(file.taxi)
    if sent.header is not None:
        return RawCsv(table, contract, sent.header, sent.names or [])
    names = [field.name for field in found.schema]
    return RawParquet(table, contract, names, [field.field_type for field in found.schema])


class RawFile(ABC):
    """Canonical rows of one raw table. ``types`` has BigQuery's type name for each column."""

    def __init__(
        self, table: BigQueryTable, contract: Contract, names: Sequence[str], types: Sequence[str]
    ) -> None:
        self.table, self.contract, self.names = table, contract, names
        self.match = match_columns(contract, names)
        self.layout = Layout.of(contract, self.match, types, casts)

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract's columns that the file has, in the contract's order."""
        return tuple(column.name for column in self.layout.columns)

    @property
    @abstractmethod
    def source(self) -> str:
        """The file's columns that the contract knows, as c0, c1, … in the file's order."""

    @property
    def readable(self) -> str:
        return self.layout.readable

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The query parameters of ``source``."""
        return {}

    def transform(self, staging: BigQueryTable) -> str:
        """SQL that fills ``staging``; its further query parameters are ``file_month`` and ``filename``."""
        return statement(
            "transform",
            functions=statement("functions"),
            staging=staging.quoted,
            source=self.source,
            values=self.layout.readable_values,
            readable=self.readable,
            unique_row_id=fingerprint_sql(self.contract, self.columns),
            columns=",\n    ".join(map(self._or_null, self.contract.columns)),
        )

    def _or_null(self, column: Any) -> str:
        if column.name in self.columns:
            return str(column.name)
        return f"CAST(NULL AS {casts.TYPES[column.type]}) AS {column.name}"

    @property
    def _known(self) -> list[int]:
        """The indexes of the columns that the contract knows."""
        return sorted({i for places in self.match.positions.values() for i in places})


class RawParquet(RawFile):
    """Columns with BigQuery's types. Only names of letters, digits and underscores reach SQL."""

    @property
    def source(self) -> str:
        columns = [f"`{_safe(self.names[i])}` AS c{i}" for i in self._known]
        return statement("source_parquet", columns=", ".join(columns), raw=self.table.quoted)


class RawCsv(RawFile):
    """One column, ``line``; ``header`` is the file's first line."""

    def __init__(
        self, table: BigQueryTable, contract: Contract, header: str, names: Sequence[str]
    ) -> None:
        super().__init__(table, contract, names, ["STRING"] * len(names))
        self.header = header

    @property
    def source(self) -> str:
        columns = [f"UNQUOTED(fields[SAFE_OFFSET({i})]) AS c{i}" for i in self._known]
        return statement("source_csv", columns=", ".join(columns), raw=self.table.quoted)

    @property
    def readable(self) -> str:
        return f"is_whole AND {self.layout.readable}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"header": self.header, "width": len(self.names)}


def _safe(name: str) -> str:
    if not SAFE_NAME.fullmatch(name):
        raise ContractError(
            f"A column has the name {name!r}. Expected letters, digits and underscores, as in every "
            "file of the TLC. Nothing was loaded."
        )
    return name
