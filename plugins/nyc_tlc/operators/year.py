"""Many months in one task per year: the fast way of ``tlc_range``, for Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.core.catalog import Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import MonthsFailedError, SettingsError
from nyc_tlc.operators.base import PostgresOperator, as_bool
from nyc_tlc.operators.month_range import RangeMode, TaxiMonthsOperator, months_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.catalog import Month
    from nyc_tlc.operators.month import MonthResult


class TaxiYearsOperator(TaxiMonthsOperator):
    """Lists a taxi's years in a range, if the range is loaded by a task per year. Otherwise it skips.

    It takes what TaxiMonthsOperator takes. Only Postgres is loaded this way: months of BigQuery wait for its
    jobs, and the runs of its DAGs do that without a worker, eight months at the same time.
    """

    mode_listed = RangeMode.YEAR_TASKS

    def require_ready(self, context: Context) -> None:
        if self.warehouse != Warehouse.POSTGRES:
            raise SettingsError(
                f"One task per year loads into Postgres only, not into {self.warehouse}. "
                "Choose a run per month in the form's field Mode."
            )

    def numbers_of(self, months: Sequence[Month]) -> list[int]:
        return list(dict.fromkeys(month.year for month in months))


class TaxiYearOperator(PostgresOperator):
    """Loads the months of a year one after another in this task, as ``airflow tlc load`` does.

    A month that fails does not stop the others: its error is written to the ledger. The task fails in the
    end, and a retry continues with the months that are left. The task is skipped if no month is new.
    Returns the outcome of each month.

    :param taxi: yellow, green, fhv or fhvhv.
    :param year: the year.
    :param first: first month of the range, ``YYYY-MM``.
    :param last: last month of the range, ``YYYY-MM``.
    :param landing: URI of the landing folder.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    """

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields,
        "taxi", "year", "first", "last", "landing", "source", "force",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        year: int,
        first: str,
        last: str,
        landing: str,
        source: str = "parquet",
        force: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.year = year
        self.first = first
        self.last = last
        self.landing = landing
        self.source = source
        self.force = force

    def run_step(self, context: Context) -> dict[str, str]:
        results = self._load(context)
        outcomes = {str(each.file.month): each.outcome for each in results}
        task: Any = context["ti"]
        task.xcom_push(key="return_value", value=outcomes)  # also where this fails or skips
        failed = [each for each in results if each.error]
        if failed:
            raise MonthsFailedError.of(
                f"{self.taxi} {self.year}",
                {str(each.file.month): each.error for each in failed if each.error},
                len(results),
            )
        self._describe(context, results)
        return outcomes

    def _load(self, context: Context) -> list[MonthResult]:
        from functools import partial

        from nyc_tlc.operators.month import (
            LoadOptions,
            MonthLoader,
            load_into_postgres,
            result_of,
        )

        load_landed = partial(
            load_into_postgres, schema=self.schema, postgres_conn_id=self.postgres_conn_id
        )
        options = LoadOptions(force=as_bool(self.force))
        loader = MonthLoader(context, self.hook, self.landing, options, load_landed)
        results = []
        for file in self._files():
            results.append(result_of(file, partial(loader.load, file)))
            self._log_result(results[-1])
        return results

    def _files(self) -> list[TripFile]:
        months = months_of(Taxi(self.taxi), self.first, self.last)
        year = int(self.year)
        return [TripFile.of(self.taxi, str(m), self.source) for m in months if m.year == year]

    def _log_result(self, result: MonthResult) -> None:
        log = self.log.error if result.error else self.log.info
        log(
            "%s: %s, %s rows, %.1f s. %s",
            result.file.name, result.outcome, f"{result.rows:,}", result.seconds, result.message,
        )  # fmt: skip

    def _describe(self, context: Context, results: Sequence[MonthResult]) -> None:
        """Attach to the asset's event which months were loaded; no event if there is none."""
        loaded = [each for each in results if each.outcome == "loaded"]
        if not loaded:
            raise AirflowSkipException(f"No month of {self.taxi} {self.year} is new")
        extra = {
            "taxi": self.taxi,
            "months": [str(each.file.month) for each in loaded],
            "rows": sum(each.rows for each in loaded),
        }
        for asset in self.outlets:
            context["outlet_events"][asset].extra = extra
