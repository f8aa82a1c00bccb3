"""What the operators share: which errors are worth another try, and what a run is called."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
)

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import MonthError, TlcError
from nyc_tlc.core.loads import Ledger, Run

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile

FileFacts = dict[str, Any]


class TaxiOperator(BaseOperator):
    """An operator whose errors fail the task at once where no other try can pass.

    Its docstring is the task's documentation in the UI, unless ``doc_md`` is given.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"doc_md": inspect.getdoc(type(self)), **kwargs})

    def execute(self, context: Context) -> dict[str, Any] | None:
        with failing_at_once():
            return self.run_step(context)

    @abstractmethod
    def run_step(self, context: Context) -> dict[str, Any] | None:
        """Do the step; returns a few numbers for XCom, never data."""


@contextmanager
def failing_at_once() -> Iterator[None]:
    """Errors that no other try can pass become Airflow's AirflowFailException, which ends retries."""
    try:
        yield
    except TlcError as error:
        if error.retryable:
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


def trip_file(facts: FileFacts) -> TripFile:
    """The trip file that the find step settled on."""
    return TripFile.of(facts["taxi"], facts["month"], facts["source"])


def asked_month(taxi: str | None, month: str | None) -> TripFile | None:
    """The one month that a run by hand names, by both; None where it names neither."""
    if not taxi and not month:
        return None
    if not taxi or not month:
        raise MonthError(
            "A month is a taxi and a month; one of them was given. Expected both, such as "
            """--conf '{"taxi": "green", "month": "2021-01"}', or neither."""
        )
    return TripFile.of(taxi, month)


def run_key(context: Context) -> str:
    """Names the run in staging; the same for each try."""
    return f"{context['dag'].dag_id} {context['run_id']}"


def run_of(context: Context) -> Run:
    return Run(context["dag"].dag_id, context["run_id"], context["dag_run"].start_date)


def as_bool(value: bool | str) -> bool:
    """A param as rendered: a bool, or its text where templates render to text."""
    return value if isinstance(value, bool) else value.strip().lower() == "true"


def skip_if_loaded(ledger: Ledger, file: TripFile, found: LandedFile | RemoteFile) -> None:
    """Skip the task, and so the rest of the run, where this very file is loaded whole."""
    load = ledger.unchanged_load(file, found)
    if load:
        raise AirflowSkipException(
            f"unchanged, skipped: {file.name} is loaded as {load.load_id} in tlc_load, "
            f"{load.rows_merged:,} rows. Set force to load it again."
        )


def describe_load(
    outlets: Iterable[Any], context: Context, file: TripFile, rows: int, sha256: str
) -> None:
    """Let the event of each trips asset carry which month was loaded, for whoever starts from it."""
    extra = {"taxi": str(file.taxi), "month": str(file.month), "rows": rows, "sha256": sha256}
    for asset in outlets:
        context["outlet_events"][asset].extra = extra
