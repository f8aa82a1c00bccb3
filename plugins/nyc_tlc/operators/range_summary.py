"""What became of the months of a range: a table in the log, and the numbers of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from nyc_tlc.airflow_internals import is_paused
from nyc_tlc.core.catalog import Month, Taxi, Warehouse
from nyc_tlc.hooks.connections import GOOGLE_CLOUD, POSTGRES
from nyc_tlc.operators.base import TaxiOperator
from nyc_tlc.operators.month_range import RangeMode, month_run_id, months_of

if TYPE_CHECKING:
    from airflow.sdk import Context
    from rich.table import Table

    from nyc_tlc.core.ledger import Ledger, LedgerMonth


class TaxiRangeSummaryOperator(TaxiOperator):
    """Writes a table to the log, a line a month; fails, naming them, where months have failed.

    Returns how many were loaded, unchanged and failed, their rows, and the first that failed.

    :param taxis: names of taxis.
    :param first: first month of the range, ``YYYY-MM``.
    :param last: last month, ``YYYY-MM``.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAGs were run, and whose ledger is read.
    :param mode: a RangeMode: how the months were loaded.
    :param schema: schema of the ledger in Postgres.
    :param place: project, location, bucket and dataset of the ledger in BigQuery.
    """

    template_fields: Sequence[str] = (
        "taxis", "first", "last", "warehouse", "mode", "schema", "postgres_conn_id", "place",
        "gcp_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxis: Any,
        first: str,
        last: str,
        warehouse: str = "postgres",
        mode: str = RangeMode.MONTH_RUNS,
        schema: str = "public",
        postgres_conn_id: str = POSTGRES,
        place: dict[str, Any] | None = None,
        gcp_conn_id: str = GOOGLE_CLOUD,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxis = taxis
        self.first = first
        self.last = last
        self.warehouse = warehouse
        self.mode = mode
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id
        self.place = place
        self.gcp_conn_id = gcp_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        outcomes = self._outcomes(context)
        if not outcomes:
            raise AirflowFailException(f"No taxi asked for had trips by {self.last} yet.")
        self.log.info("What became of each month:\n%s", table(outcomes))
        result = summary(outcomes)
        if result["failed"]:
            task: Any = context["ti"]
            task.xcom_push(key="return_value", value=result)
            named = ", ".join(result["failed_months"])
            raise AirflowFailException(
                f"{result['failed']} of {len(outcomes)} months failed: {named}. The table above "
                "says why; all others are done. Clear their tasks (load or load_year, of the taxi) to try "
                "them again."
            )
        return result

    def _outcomes(self, context: Context) -> list[MonthOutcome]:
        loads = {(load.taxi, load.month): load for load in self._ledger().months()}
        of_taxi = self._of_years if self.mode == RangeMode.YEAR_TASKS else self._of_runs
        return [
            outcome
            for taxi in map(Taxi, dict.fromkeys(self.taxis))
            for outcome in of_taxi(context, taxi, loads)
        ]

    def _of_years(
        self, context: Context, taxi: Taxi, loads: dict[tuple[Taxi, Month], LedgerMonth]
    ) -> list[MonthOutcome]:
        """By what the tasks of the years returned."""
        task: Any = context["ti"]
        outcomes: dict[str, str] = {}
        for of_year in task.xcom_pull(task_ids=[f"{taxi}.{LOAD_YEAR}"]) or []:
            outcomes |= of_year or {}
        return [
            MonthOutcome.in_year(taxi, month, outcomes.get(str(month)), loads.get((taxi, month)))
            for month in months_of(taxi, self.first, self.last)
        ]

    def _of_runs(
        self, context: Context, taxi: Taxi, loads: dict[tuple[Taxi, Month], LedgerMonth]
    ) -> list[MonthOutcome]:
        """By the states of the tasks of the months' runs, asked for all at once."""
        months = months_of(taxi, self.first, self.last)
        dag_id = Warehouse(self.warehouse).dag_id(taxi)
        runs = {month: month_run_id(context["run_id"], str(month)) for month in months}
        task: Any = context["ti"]
        states = task.get_task_states(
            dag_id=dag_id, run_ids=list(runs.values())
        ) if runs else {}  # fmt: skip
        paused = dag_id if not states and is_paused(context["ti"], dag_id) else ""
        return [
            MonthOutcome.of(taxi, month, states.get(run, {}), loads.get((taxi, month)), paused)
            for month, run in runs.items()
        ]

    def _ledger(self) -> Ledger:
        if self.warehouse == "bigquery":
            from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

            return TaxiBigQueryHook(self.place or {}, self.gcp_conn_id)
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        return TaxiPostgresHook(self.postgres_conn_id, trips_schema=self.schema)


LOAD_YEAR = "load_year"
NAMED_MONTHS = 20
LOG_WIDTH = 10_000

# A task's state that tells what became of its run. A merge is skipped where find, or a later step
# that had read the file, saw that its rows are in.
OK = {
    ("merge", "success"): "loaded",
    ("not_published", "success"): "not published",
    ("merge", "skipped"): "unchanged",
}


@dataclass(frozen=True)
class MonthOutcome:
    """``outcome``: loaded, unchanged, not published, failed, not run; ``rows`` in the trips table."""

    taxi: Taxi
    month: Month
    outcome: str
    rows: int
    why: str = ""

    @classmethod
    def of(
        cls,
        taxi: Taxi,
        month: Month,
        states: Mapping[str, str | None],
        load: LedgerMonth | None,
        paused: str = "",
    ) -> MonthOutcome:
        """By the states of the tasks of the month's run, and what the ledger says of the month.

        ``paused``: the taxi's DAG, where it is paused and no run was started.
        """
        rows = load.rows or 0 if load else 0
        for (task_id, state), outcome in OK.items():
            if states.get(task_id) == state:
                return cls(taxi, month, outcome, rows)
        failed = [task_id for task_id, state in states.items() if state == "failed"]
        if not states and paused:
            why = f"{paused} is paused: unpause it, and clear the task {taxi}.months"
            return cls(taxi, month, "not run", rows, why)
        if not failed:
            return cls(taxi, month, "not run", rows, "its run has not ended; see the task in load")
        why = load.failure if load and load.failure else f"{failed[0]} failed; see its log"
        return cls(taxi, month, "failed", rows, why)

    @classmethod
    def in_year(
        cls, taxi: Taxi, month: Month, outcome: str | None, load: LedgerMonth | None
    ) -> MonthOutcome:
        """By what the task of its year returned (a MonthResult's outcome), and what the ledger says."""
        rows = load.rows or 0 if load else 0
        if outcome is None:
            return cls(taxi, month, "not run", rows, f"see the log of {taxi}.{LOAD_YEAR}")
        if outcome == "failed":
            why = load.failure if load else None
            return cls(taxi, month, outcome, rows, why or f"see the log of {taxi}.{LOAD_YEAR}")
        # As for a run: where a newer file was merged meanwhile, that is the month's.
        return cls(taxi, month, "loaded" if outcome == "superseded" else outcome, rows)

    @property
    def ok(self) -> bool:
        return self.outcome in OK.values()

    def __str__(self) -> str:
        return f"{self.taxi} {self.month}"


def table(outcomes: Sequence[MonthOutcome]) -> str:
    """One line per month, and a last one with the sum."""
    from rich.table import Table

    lines = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("taxi", "month", "outcome"):
        lines.add_column(name)
    lines.add_column("rows", justify="right")
    lines.add_column()
    for each in outcomes:
        lines.add_row(each.taxi, str(each.month), each.outcome, f"{each.rows:,}", each.why)
    lines.add_row("", "", "", f"{sum(each.rows for each in outcomes):,}")
    return as_text(lines)


def as_text(table: Table) -> str:
    """A rich table as plain text for a log, whatever the width of its longest line."""
    from rich.console import Console

    console = Console(width=LOG_WIDTH, color_system=None, markup=False, emoji=False)
    with console.capture() as text:
        console.print(table)
    return "\n".join(line.rstrip() for line in text.get().splitlines())


def summary(outcomes: Sequence[MonthOutcome]) -> dict[str, Any]:
    """Counts, and the names of the first months that failed; small however long the range is."""
    bad = [str(each) for each in outcomes if not each.ok]
    more = [f"and {len(bad) - NAMED_MONTHS} more"] if len(bad) > NAMED_MONTHS else []
    return {
        **{
            name.replace(" ", "_"): sum(each.outcome == name for each in outcomes)
            for name in OK.values()
        },
        "failed": len(bad),
        "rows": sum(each.rows for each in outcomes),
        "failed_months": bad[:NAMED_MONTHS] + more,
    }
