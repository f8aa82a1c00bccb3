"""What the operators share: which errors are worth another try, and what a run is called."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
    BaseOperator,
)

from nyc_tlc.airflow_internals import in_dags_test, log_without_traceback
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import MonthError, SettingsError, TlcError, as_block
from nyc_tlc.core.loads import MergeOutcome, Run
from nyc_tlc.core.xcom import XComValue
from nyc_tlc.hooks.connections import GOOGLE_CLOUD, POSTGRES

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.ledger import Ledger, MergedLoad
    from nyc_tlc.core.loads import Load, MergeResult
    from nyc_tlc.hooks.bigquery import TaxiBigQueryHook
    from nyc_tlc.hooks.postgres import TaxiPostgresHook


class TaxiOperator(BaseOperator):
    """An operator that fails the task at once for errors that no other try can change.

    Its docstring is the task's documentation in the UI, unless ``doc_md`` is given.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"doc_md": inspect.getdoc(type(self)), **kwargs})

    def execute(self, context: Context) -> Any:
        with failing_at_once():
            return self.step_output(context)

    def step_output(self, context: Context) -> Any:
        """Do the step; returns what goes to XCom."""
        value = self.run_step(context)
        return value.to_xcom() if isinstance(value, XComValue) else value

    @abstractmethod
    def run_step(self, context: Context) -> Any:
        """Do the step; returns an XComValue, a few numbers, or None. Never data."""


class PostgresOperator(TaxiOperator):
    """An operator of the Postgres warehouse.

    :param schema: schema of the trips tables and the ledger.
    :param postgres_conn_id: the warehouse's connection.
    """

    template_fields: Sequence[str] = ("schema", "postgres_conn_id")

    def __init__(
        self, *, schema: str = "public", postgres_conn_id: str = POSTGRES, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    @property
    def hook(self) -> TaxiPostgresHook:
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        return TaxiPostgresHook(self.postgres_conn_id, trips_schema=self.schema)


class BigQueryOperator(TaxiOperator):
    """An operator of the BigQuery warehouse.

    :param place: project, location, bucket and dataset.
    :param gcp_conn_id: the connection to Google Cloud.
    :param impersonation_chain: service account to impersonate, as Google's operators take it.
    """

    template_fields: Sequence[str] = ("place", "gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        place: dict[str, Any],
        gcp_conn_id: str = GOOGLE_CLOUD,
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.place = place
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    @cached_property
    def hook(self) -> TaxiBigQueryHook:
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

        return TaxiBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)


@contextmanager
def failing_at_once() -> Iterator[None]:
    """Errors that no other try can change become Airflow's AirflowFailException, which ends retries.

    In ``airflow dags test`` all errors do: the person in front of it sees them, and tries again.
    """
    try:
        with _named_connections():
            yield
    except AirflowFailException:
        log_without_traceback(_block)
        raise
    except TlcError as error:
        log_without_traceback(_block)
        if error.retryable and not in_dags_test():
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


def _block(error: BaseException) -> str | None:
    """What the log has instead of a traceback: errors of this package, also inside of Airflow's."""
    own = next((each for each in (error, error.__cause__) if isinstance(each, TlcError)), None)
    if own is not None:
        return as_block(type(own).__name__, str(own))
    return as_block("Failed", str(error)) if isinstance(error, AirflowFailException) else None


@contextmanager
def _named_connections() -> Iterator[None]:
    try:
        yield
    except AirflowNotFoundException as error:
        raise SettingsError(
            f"{error}. Expected a connection of that name where tasks run. Define it in Admin > "
            "Connections, or in the environment: docs/operations.md (Settings) has an example of each, "
            "docs/google-cloud.md one for Google Cloud."
        ) from error


def asked_month(taxi: str | None, month: str | None) -> TripFile | None:
    """The one month that a run by hand names, by both; None where it names neither."""
    if not taxi and not month:
        return None
    if not taxi or not month:
        raise MonthError(
            f"Only {'the taxi' if taxi else 'the month'} was given. Give both taxi and month, such "
            """as --conf '{"taxi": "green", "month": "2021-01"}', or neither."""
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
    """Skip the task, and so the rest of the run, where this very file is loaded completely."""
    load = ledger.unchanged_load(file, found)
    if load:
        raise already_loaded(file, load)


def already_loaded(file: TripFile, load: MergedLoad) -> AirflowSkipException:
    return AirflowSkipException(
        f"unchanged, skipped: {file.name} is loaded as {load.load_id} in tlc_load, "
        f"{load.rows_merged:,} rows. Set force to load it again."
    )


def describe_load(
    outlets: Iterable[Any], context: Context, load: Load, merged: MergeResult
) -> None:
    """Attach to each trips asset's event which month was loaded, for the DAGs that it starts.

    ``sha256`` is that of the file in the trips table; a superseded load's file is not there.
    """
    file = load.file
    extra = {"taxi": str(file.taxi), "month": str(file.month), "rows": merged.rows}
    if merged.outcome is not MergeOutcome.SUPERSEDED:
        extra["sha256"] = load.landed.sha256
    for asset in outlets:
        context["outlet_events"][asset].extra = extra
