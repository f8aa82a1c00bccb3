"""Rows that cannot be read: kept as they stood in ``tlc_reject``, never loaded, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nyc_tlc.bigquery.sql import statement
from nyc_tlc.errors import ContractError, RowCountMismatch
from nyc_tlc.reader.rejects import NAMED_REJECTS

if TYPE_CHECKING:
    from google.cloud.bigquery import Row

    from nyc_tlc.bigquery.raw import RawFile
    from nyc_tlc.bigquery.warehouse import Warehouse
    from nyc_tlc.catalog import TripFile

SHOWN_ROW = 200


def settle_rejects(
    warehouse: Warehouse, raw: RawFile, file: TripFile, missing: int, max_rejects: int
) -> int:
    """Record the ``missing`` rows of the file that were not staged; returns how many there are.

    Raises ContractError naming the first of them where there are more than ``max_rejects``, and
    RowCountMismatch where rows are missing that can be read. The trips table is as before.
    """
    _forget(warehouse, file)
    if not missing:
        return 0
    first = _record(warehouse, raw, file)
    rejected = first[0].rejected if first else 0
    if rejected != missing:
        raise RowCountMismatch(
            f"{missing:,} rows of {file.name} were not staged, but {rejected:,} cannot be read. "
            "The trips table is as before. Clear the load task to try again."
        )
    if rejected > max_rejects:
        raise _too_many(file, first, rejected, max_rejects)
    return missing


def _forget(warehouse: Warehouse, file: TripFile) -> None:
    if warehouse.find(warehouse.place.rejects) is None:
        return
    sql = statement("forget_rejects", rejects=warehouse.place.rejects.quoted)
    warehouse.query(sql, **_month(file))


def _record(warehouse: Warehouse, raw: RawFile, file: TripFile) -> list[Row]:
    """The first few of them."""
    rejects = warehouse.place.rejects
    warehouse.query(statement("create_rejects", rejects=rejects.quoted))
    month = _month(file)
    warehouse.query(raw.record_rejects(rejects), filename=file.name, **month, **raw.parameters)
    sql = statement("first_rejects", rejects=rejects.quoted)
    return warehouse.query(sql, at_most=NAMED_REJECTS, **month)


def _month(file: TripFile) -> dict[str, object]:
    return {"taxi": str(file.taxi), "file_month": file.month.first_day}


def _too_many(file: TripFile, first: list[Row], rejected: int, max_rejects: int) -> ContractError:
    named = "; ".join(
        f"{row.column_name or 'a line'} {row.reason}: {row.raw[:SHOWN_ROW]!r}" for row in first
    )
    return ContractError(
        f"{file.name} has {rejected:,} rows that cannot be read, and {max_rejects:,} may be left "
        f"out (max_rejects). Among them: {named}. All stand in tlc_reject; the trips table is as "
        f"before. Expected types are in contract/{file.taxi}.toml; if the file is damaged, load it "
        "again with force."
    )
