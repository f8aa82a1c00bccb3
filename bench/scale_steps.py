"""A database with some months of each taxi, and the steps that are timed on it. Imports Airflow."""

from __future__ import annotations

import datetime as dt
import logging
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bench.measure import HOME, ROOT
from dev.generator import era_of, write
from nyc_tlc.core.catalog import Month, Taxi, TripFile, Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = Month(2019, 2)  # that of fhvhv, so that all taxis have the same months
ERA_MONTH = "2021-01"  # all files have this month's columns
SQL = ROOT / "dags" / "sql"

logging.disable(logging.INFO)


class Months:
    """The first months of each taxi, in a database of their own.

    :param socket: of the server.
    :param database: name of the database.
    :param rows: per file.
    """

    def __init__(self, socket: str, database: str, rows: int) -> None:
        import psycopg

        from dev import warehouse as server
        from nyc_tlc.cli.session import begin

        self._connection = server.airflow_connection(socket, database)
        self._analyst = psycopg.connect(
            host=socket, user=server.OWNER, dbname=database, autocommit=True
        )
        self._folder = HOME / f"scale-{rows}"
        self._rows = rows
        self._count = 0
        self._new = 0  # months of green after those
        begin(verbose=False)

    def use(self) -> None:
        """From now on, hooks connect to this database."""
        os.environ["AIRFLOW_CONN_TLC_POSTGRES"] = self._connection
        source = f'{{"conn_type": "nyc_tlc", "host": "{self._folder.as_uri()}"}}'
        os.environ["AIRFLOW_CONN_TLC_DEFAULT"] = source
        os.environ["AIRFLOW_VAR_TLC_LANDING"] = self._landing

    def load_next(self) -> None:
        """The next month of each taxi."""
        self.use()
        month = FIRST.shift(self._count)
        for taxi in Taxi:
            self._load(taxi, month)
        self._count += 1

    def copy_until(self, count: int) -> None:
        """Months as the first one, by SQL, which is many times as fast as to load them."""
        for number in range(self._count, count):
            for taxi in Taxi:
                self._copy(taxi, FIRST.shift(number), number)
        for taxi in Taxi:
            self._analyst.execute(f"ANALYZE ONLY {taxi.trips_table}".encode())
        self._count = max(count, self._count)

    def summarise_all(self) -> None:
        self.use()
        self._summarise(None)

    def steps(self) -> dict[str, Callable[[], Any]]:
        return {
            "load": self.load_new_month,
            "replace": self.replace_month,
            "find": self.find_unchanged,
            "ledger": self.look_up,
            "months": self.list_months,
            "doctor": self.examine,
            "summary": self.summarise,
            "month query": self.query_month,
            "day query": self.query_day_of_month,
            "plan": self.plan_day,
            "pickup query": self.query_day,
            "all months": self.query_all,
        }

    def load_new_month(self) -> None:
        """First load of a month"""
        self._load(Taxi.GREEN, FIRST.shift(self._count + self._new))
        self._new += 1

    def replace_month(self) -> None:
        """Load of a month that is there"""
        self._load(Taxi.GREEN, self._last, force=True)

    def find_unchanged(self) -> None:
        """Find of an unchanged month"""
        from airflow.providers.common.compat.sdk import AirflowSkipException

        try:
            self._load(Taxi.GREEN, self._last)
        except AirflowSkipException:
            return
        raise SystemExit("The month is not unchanged. The measurement is invalid.")

    def look_up(self) -> None:
        """Look-up of a month's load in the ledger"""
        from nyc_tlc.overview import ledger_of

        if ledger_of(Warehouse.POSTGRES).newest_load(self._file(Taxi.GREEN, self._last)) == 0:
            raise SystemExit("The month is not in the ledger. The measurement is invalid.")

    def list_months(self) -> None:
        """`airflow tlc months`: ledger and states"""
        from nyc_tlc.overview import ledger_of, overview

        files = [self._file(taxi, month) for taxi in Taxi for month in FIRST.through(self._last)]
        overview(Warehouse.POSTGRES, files, ledger_of(Warehouse.POSTGRES).months(), {})

    def examine(self) -> None:
        """`airflow tlc doctor`: warehouse and leftovers"""
        from nyc_tlc.cli.checkup import try_warehouse
        from nyc_tlc.cli.leftovers import try_leftovers

        list(try_warehouse())
        list(try_leftovers(fix=False))

    def summarise(self) -> None:
        """`tlc_summary` of one month"""
        self._summarise(self._last)

    def query_month(self) -> None:
        """Count and sum of one month (file_month = …)"""
        self._ask("file_month = %(month)s")

    def query_day_of_month(self) -> None:
        """Count and sum of a day (file_month and pickup)"""
        self._ask(
            "file_month = %(month)s AND lpep_pickup_datetime >= %(day)s"
            " AND lpep_pickup_datetime < %(next)s"
        )

    def plan_day(self) -> None:
        """Plan of a day's query by pickup alone"""
        self._ask(
            "lpep_pickup_datetime >= %(day)s AND lpep_pickup_datetime < %(next)s", explain=True
        )

    def query_day(self) -> None:
        """Count and sum of a day by pickup alone"""
        self._ask("lpep_pickup_datetime >= %(day)s AND lpep_pickup_datetime < %(next)s")

    def query_all(self) -> None:
        """Count and sum of all rows"""
        self._ask("true")

    @property
    def _last(self) -> Month:
        return FIRST.shift(self._count - 1)

    @property
    def _landing(self) -> str:
        return (self._folder / "landing").as_uri()

    def _file(self, taxi: Taxi, month: Month) -> TripFile:
        file = TripFile.of(taxi, str(month))
        path: Path = self._folder / file.name
        if not path.exists():
            write(path, era_of(taxi, ERA_MONTH), str(month), self._rows, seed=month.number)
        return file

    def _load(self, taxi: Taxi, month: Month, *, force: bool = False) -> None:
        from nyc_tlc.operators.month import LoadOptions, MonthLoader
        from nyc_tlc.overview import ledger_of

        now = dt.datetime.now(dt.UTC)
        context = {
            "dag": SimpleNamespace(dag_id="bench scale"),
            "run_id": now.isoformat(),
            "dag_run": SimpleNamespace(start_date=now),
        }
        options, ledger = LoadOptions(force=force), ledger_of(Warehouse.POSTGRES)
        MonthLoader(context, ledger, self._landing, options).load(self._file(taxi, month))

    def _copy(self, taxi: Taxi, month: Month, number: int) -> None:
        """The first month's partition and its row of the ledger, for another month."""
        like, file = TripFile(taxi, FIRST).partition, TripFile(taxi, month)
        new = {
            "file_month": f"date '{month.first_day}'",
            "filename": f"'{file.name}'",
        }
        columns = self._columns(taxi.trips_table)
        values = [
            new.get(name, f"{name} + interval '{number} months'" if "timestamp" in kind else name)
            for name, kind in columns.items()
        ]
        of_ledger = [name for name in self._columns("tlc_load") if name != "load_id"]
        in_ledger = [new.get(name, name) for name in of_ledger]
        first = f"taxi = '{taxi}' AND file_month = '{FIRST.first_day}'"
        into_ledger = (
            f"INSERT INTO tlc_load ({', '.join(of_ledger)})"
            f" SELECT {', '.join(in_ledger)} FROM tlc_load WHERE {first}"
        )
        values_in = f"FOR VALUES IN ('{month.first_day}')"
        for statement in (
            f"CREATE TABLE {file.partition} (LIKE {like} INCLUDING INDEXES)",
            f"INSERT INTO {file.partition} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {like}",
            f"ANALYZE {file.partition}",
            f"ALTER TABLE {taxi.trips_table} ATTACH PARTITION {file.partition} {values_in}",
            into_ledger,
        ):
            self._analyst.execute(statement.encode())

    def _columns(self, table: str) -> dict[str, str]:
        found = self._analyst.execute(
            "SELECT quote_ident(column_name), data_type FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public' ORDER BY ordinal_position",
            [table],
        )
        return dict(found.fetchall())

    def _summarise(self, month: Month | None) -> None:
        from nyc_tlc.operators.summary import PostgresSummaryOperator

        create, summarise = (
            (SQL / name).read_text() for name in ("create_trip_summary.sql", "summarise_month.sql")
        )
        taxi = None if month is None else str(Taxi.GREEN)
        operator = PostgresSummaryOperator(
            task_id="summarise", create=create, summarise=summarise, taxi=taxi,
            month=None if month is None else str(month),
        )  # fmt: skip
        operator.step_output({})

    def _ask(self, condition: str, *, explain: bool = False) -> None:
        day = self._last.first_day + dt.timedelta(days=9)
        values = {"month": self._last.first_day, "day": day, "next": day + dt.timedelta(days=1)}
        query = f"SELECT count(*), sum(total_amount) FROM green_tripdata WHERE {condition}"
        prefix = "EXPLAIN " if explain else ""
        self._analyst.execute(f"{prefix}{query}".encode(), values).fetchall()
