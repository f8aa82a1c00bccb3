"""The ledger ``tlc_load``: one row per load. What it contains, the same in every warehouse."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.remote import probe, with_retries
from nyc_tlc.core.loads import Load, MergeMode, MergeOutcome, MergeResult, Run

if TYPE_CHECKING:
    from nyc_tlc.core.catalog import Month, Taxi, TripFile
    from nyc_tlc.core.failure import Failure
    from nyc_tlc.core.landing.remote import RemoteFile

log = logging.getLogger(__name__)

LEDGER = "tlc_load"


class LedgerType(StrEnum):
    """Types of the ledger's columns; each warehouse has its own name for them."""

    TEXT = "text"
    COUNT = "count"
    TEXTS = "texts"
    TIME = "time"


@dataclass(frozen=True)
class LedgerColumn:
    name: str
    type: LedgerType
    description: str


_TEXT, _COUNT, _TEXTS, _TIME = LedgerType

# Beside load_id, taxi, file_month and outcome, which each warehouse defines by itself. New columns go
# at the end; a ledger that lacks one gains it.
COLUMNS = tuple(
    LedgerColumn(*column)
    for column in (
        ("url", _TEXT, "Address of the file at its source."),
        ("filename", _TEXT, "Name of the file."),
        ("etag", _TEXT, "ETag of the file, as its source sent it."),
        ("last_modified", _TEXT, "Last-Modified of the file, as its source sent it."),
        ("bytes", _COUNT, "Size of the file."),
        ("sha256", _TEXT, "SHA-256 of the file."),
        ("rows_read", _COUNT, "Data rows as counted in the file, before it was read."),
        ("rows_staged", _COUNT, "Rows in the staging table."),
        ("rows_rejected", _COUNT, "Rows that could not be read; they are in tlc_reject."),
        ("rows_merged", _COUNT, "Rows of this month in the trips table when the load ended."),
        ("rows_replaced", _COUNT, "Rows of this month that the load removed."),
        ("pickups_outside_month", _COUNT, "Rows whose pickup is not in the file's month."),
        ("negative_totals", _COUNT, "Rows whose total is negative."),
        ("null_vendors", _COUNT, "Rows without a vendor."),
        ("rows_sharing_id", _COUNT, "Rows whose unique_row_id another row of the file has too."),
        ("column_fingerprint", _TEXT, "Tells one layout of file columns from another."),
        ("unknown_columns", _TEXTS, "Columns of the file that the contract does not know."),
        ("merge_mode", _TEXT, "replace or insert_only."),
        ("dag_id", _TEXT, "The DAG of the load."),
        ("run_id", _TEXT, "The run of the load."),
        ("task_id", _TEXT, "The task that failed; NULL for a merged load."),
        ("error_class", _TEXT, "Class of the error of a failed load."),
        ("error", _TEXT, "Message of the error of a failed load."),
        ("started_at", _TIME, "When the run started."),
        ("finished_at", _TIME, "When the row was written."),
        ("unpacked_bytes", _COUNT, "Size of the file without gzip; as bytes if it is not packed."),
        (
            "id_sum",
            _COUNT,
            "Sum of the first 32 bits of the month's unique_row_ids when the load ended.",
        ),
    )
)


@dataclass(frozen=True)
class MergedLoad:
    """The newest merged load of a month. ``id_sum``: None for a load by an older version."""

    load_id: int
    url: str
    filename: str
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    rows_merged: int
    rows_replaced: int
    dag_id: str
    run_id: str
    id_sum: int | None = None

    def is_same_file(self, file: LandedFile | RemoteFile) -> bool:
        """The same content, by sha256 where it is known, else as the source describes it."""
        if isinstance(file, LandedFile):
            return file.sha256 == self.sha256
        return file.describes(self.url, self.etag, self.last_modified, self.bytes)

    def belongs_to(self, run: Run) -> bool:
        return (self.dag_id, self.run_id) == (run.dag_id, run.run_id)


@dataclass(frozen=True)
class LedgerMonth:
    """What the ledger says of a month: how its last load ended, and the rows of the last merged one.

    ``outcome``: merged or failed. ``task_id``, ``error_class`` and ``error`` are those of a last
    load that failed, None for one that merged. All after them are those of the last merged load, None
    before the first.
    """

    taxi: Taxi
    month: Month
    outcome: str
    rows: int | None
    task_id: str | None = None
    error_class: str | None = None
    error: str | None = None
    url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None
    rejected: int | None = None
    loaded_at: dt.datetime | None = None

    @property
    def failure(self) -> str | None:
        """Why the last load failed, as one text; None where it merged."""
        if self.outcome != "failed":
            return None
        return ": ".join(filter(None, (self.task_id, self.error_class, self.error)))


class Ledger(Protocol):
    """A warehouse's hook, as the steps that all warehouses share see it."""

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> MergedLoad | None:
        """The load that brought this very file, if all its rows are still in the trips table."""

    def latest_load(self, file: TripFile) -> MergedLoad | None:
        """The month's newest merged load; None before the first."""

    def newest_load(self, file: TripFile) -> int:
        """load_id of the month's newest merged load; 0 before the first."""

    def alterations(self, file: TripFile, load: MergedLoad) -> str | None:
        """How the month's rows differ from those that the load left; None where they do not."""

    def record_failure(self, file: TripFile, failure: Failure, run: Run) -> int:
        """Write a failed load's row and return its id."""

    def months(self) -> list[LedgerMonth]:
        """Every month that some load was for, by taxi and month."""

    def month_loads(self, file: TripFile) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The ledger's newest rows for the file's month, and the first of its rejected rows."""


def merged_row(load: Load, mode: MergeMode) -> dict[str, Any]:
    """A merged load's row, by column, except what only the merge and the warehouse know:
    load_id, rows_merged, rows_replaced, id_sum and finished_at.
    """
    landed, staged = load.landed, load.staged
    return {
        **_run_row(load.file, load.run),
        **asdict(load.oddities),
        "outcome": "merged",
        "merge_mode": str(mode),
        "url": landed.url,
        "filename": landed.name,
        "etag": landed.etag,
        "last_modified": landed.last_modified,
        "bytes": landed.bytes,
        "unpacked_bytes": landed.unpacked_bytes,
        "sha256": landed.sha256,
        "rows_read": landed.rows,
        "rows_rejected": staged.rejected,
        "column_fingerprint": staged.column_fingerprint,
        "unknown_columns": list(staged.unknown_columns),
    }


def failed_row(file: TripFile, failure: Failure, run: Run) -> dict[str, Any]:
    """A failed load's row, by column, except load_id and finished_at."""
    return {
        **_run_row(file, run),
        "outcome": "failed",
        "task_id": failure.task_id,
        "error_class": failure.error_class,
        "error": failure.message,
    }


def merged_before(
    latest: MergedLoad | None,
    load: Load,
    *,
    staging_is_gone: bool,
    is_unchanged: Callable[[], bool],
) -> MergeResult | None:
    """The answer of a merge that is not needed: this run's own, another run's of the same file, or
    another run's of a newer file.

    ``is_unchanged``: whether the trips table still holds the latest load, and that is this file;
    asked only if needed.
    """
    if latest is None:
        return None
    if latest.belongs_to(load.run) and staging_is_gone:
        log.info("Merged by an earlier try of this run, as load %d", latest.load_id)
        return MergeResult(
            MergeOutcome.MERGED, latest.rows_merged, latest.rows_replaced, latest.load_id
        )
    if is_unchanged():
        log.info("Another run has merged the same file meanwhile, as load %d", latest.load_id)
        return MergeResult(MergeOutcome.UNCHANGED, latest.rows_merged, 0, latest.load_id)
    if _is_superseded(latest, load):
        return _superseded(latest, load)
    return None


def _is_superseded(latest: MergedLoad, load: Load) -> bool:
    """Whether another file was merged since the run found its own, and the source has changed too.

    The source decides which file is the newest: runs begin, download and merge in any order. One that
    sends neither ETag nor Last-Modified cannot; there the last merge wins.
    """
    landed = load.landed
    if load.newest_at_find in (None, latest.load_id) or latest.belongs_to(load.run):
        return False
    if latest.is_same_file(landed) or not (landed.etag or landed.last_modified):
        return False
    remote = with_retries(partial(probe, landed.url))
    return not remote.describes(landed.url, landed.etag, landed.last_modified, landed.bytes)


def _superseded(latest: MergedLoad, load: Load) -> MergeResult:
    reason = (
        f"superseded: since this run found {load.landed.name}, {latest.dag_id} {latest.run_id} has "
        f"merged a newer file as load {latest.load_id}, and the source no longer has the file of "
        "this run. Nothing was changed."
    )
    log.warning("%s", reason)
    return MergeResult(MergeOutcome.SUPERSEDED, latest.rows_merged, 0, latest.load_id, reason)


def _run_row(file: TripFile, run: Run) -> dict[str, Any]:
    return {"taxi": str(file.taxi), "file_month": file.month.first_day, **asdict(run)}
