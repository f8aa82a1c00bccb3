"""The sides of each comparison, each run in a fresh process: ``python -m bench.sides NAME JSON``.

A side is a function that prepares everything (imports, a connection, an empty table) and returns the
function to measure. The last printed line is a ``Sample`` as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

CHUNK_BYTES = 1 << 22
HEAVY = ("duckdb", "pyarrow", "pandas", "google.cloud", "docker")


def generate(path: str, taxi: str, month: str, rows: int) -> Callable[[], None]:
    """Write one file. Parquet has a single row group, like most TLC files; that is the harder case."""
    from dev.generator import era_of, write

    return lambda: write(Path(path), era_of(taxi, month), month, rows, group_rows=rows)


def capture(path: str, stream: str) -> Callable[[], None]:
    """Record what staging sends: the bytes in ``stream``, the columns in ``stream`` + ``.json``."""
    from nyc_tlc.core.postgres.copy import encoded
    from nyc_tlc.core.postgres.tables import staged_columns
    from nyc_tlc.core.reader.trips import TripReader

    reader = TripReader(Path(path), _contract(path))
    noted = {"path": path, "columns": staged_columns(reader.columns)}
    Path(f"{stream}.json").write_text(json.dumps(noted))

    def work() -> None:
        with Path(stream).open("wb") as file:
            file.writelines(data for data, _ in encoded(reader.batches()))

    return work


def raw_copy(socket: str, stream: str, rows: int) -> Callable[[], None]:
    """The upper limit: COPY prepared bytes into an existing ordinary table."""
    from psycopg import sql

    from nyc_tlc.core.postgres.tables import PostgresTable, column_types, definitions

    connection, table = _connect(socket), PostgresTable("public", "raw_tripdata").identifier
    noted = json.loads(Path(f"{stream}.json").read_text())
    types = column_types(_contract(noted["path"])).items()
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, definitions(types)))
    names = map(sql.Identifier, noted["columns"])
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        table, sql.SQL(", ").join(names)
    )

    def work() -> None:
        with Path(stream).open("rb") as file, connection.cursor() as cursor:
            with cursor.copy(copy) as copying:
                while data := file.read(CHUNK_BYTES):
                    copying.write(data)
            _require(cursor.rowcount, rows)

    return work


def csv_copy(socket: str, path: str, rows: int) -> Callable[[], None]:
    """Postgres's own COPY: the unchanged file into an ordinary table with the right types; gzip unpacks."""
    from psycopg import sql

    from nyc_tlc.core.postgres.tables import TYPES, PostgresTable, definitions
    from nyc_tlc.core.reader.trips import TripReader

    connection, table = _connect(socket), PostgresTable("public", "csv_tripdata").identifier
    positions = TripReader(Path(path), _contract(path)).match.positions
    names = sorted(positions, key=positions.__getitem__)
    types = [(name, TYPES[_contract(path).column(name).type]) for name in names]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, definitions(types)))
    copy = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER)").format(table)

    def work() -> None:
        with _unpacked(path) as file, connection.cursor() as cursor:
            with cursor.copy(copy) as copying:
                while data := file.read(CHUNK_BYTES):
                    copying.write(data)
            _require(cursor.rowcount, rows)

    return work


def load(socket: str, path: str, rows: int, run: str = "bench") -> Callable[[], None]:
    """Our load: stage and merge. Another ``run`` of the same file replaces the month."""
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.loads import Load, Oddities, Run
    from nyc_tlc.core.postgres.merge import merge
    from nyc_tlc.core.postgres.stage import stage
    from nyc_tlc.core.postgres.tables import PostgresTable

    _import_heavy()
    connection, file = _connect(socket), _trip_file(path)
    url, size = Path(path).as_uri(), Path(path).stat().st_size
    landed = LandedFile(url, url, None, None, size, "0" * 64, rows)

    def work() -> None:
        table = PostgresTable("staging", file.staging_table(run))
        staged = stage(connection, table, file, landed, _contract(path), Path(path))
        oddities = Oddities(staged.rows, 0, 0, 0, 0)
        load = Load(file, Run("bench", run), landed, staged, oddities)
        _require(merge(connection, load, _contract(path), force=True).rows, rows)

    return work


def whole(socket: str, path: str, rows: int, run: str = "bench") -> Callable[[], None]:
    """All steps from the landed file to the visible month, each with its own connection as in a DAG run.

    Another ``run`` of the same file replaces the month.
    """
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.loads import Load, Run
    from nyc_tlc.core.postgres.check import check_oddities, check_rows
    from nyc_tlc.core.postgres.merge import merge
    from nyc_tlc.core.postgres.stage import clean_up, stage
    from nyc_tlc.core.postgres.tables import PostgresTable

    _import_heavy()
    file, contract = _trip_file(path), _contract(path)
    url, size = Path(path).as_uri(), Path(path).stat().st_size
    landed = LandedFile(url, url, None, None, size, "0" * 64, rows)
    table = PostgresTable("staging", file.staging_table(run))

    def work() -> None:
        with _connect(socket) as connection:
            staged = stage(connection, table, file, landed, contract, Path(path))
        with _connect(socket) as connection:
            check_rows(connection, staged, landed, file)
        with _connect(socket) as connection:
            oddities = check_oddities(connection, staged, file)
        load = Load(file, Run("bench", run), landed, staged, oddities)
        with _connect(socket) as connection:
            _require(merge(connection, load, contract, force=True).rows, rows)
        with _connect(socket) as connection:
            clean_up(connection, table)

    return work


def tlc_load(socket: str, path: str, landing: str, rows: int) -> Callable[[], None]:
    """All steps of ``airflow tlc load --force``, from a landed file to the visible month and the ledger."""
    import datetime as dt
    import os
    from types import SimpleNamespace

    from dev import warehouse as server
    from nyc_tlc.cli.session import begin
    from nyc_tlc.core.catalog import Warehouse
    from nyc_tlc.operators.month import LoadOptions, MonthLoader
    from nyc_tlc.overview import ledger_of

    warehouse = {
        "conn_type": "postgres", "host": socket, "login": server.OWNER, "schema": server.DATABASE,
    }  # fmt: skip
    source = {"conn_type": "nyc_tlc", "host": Path(path).parent.as_uri()}
    os.environ["AIRFLOW_CONN_TLC_POSTGRES"] = json.dumps(warehouse)
    os.environ["AIRFLOW_CONN_TLC_DEFAULT"] = json.dumps(source)
    begin(verbose=False)
    now, file = dt.datetime.now(dt.UTC), _trip_file(path)
    context = {
        "dag": SimpleNamespace(dag_id="bench"),
        "run_id": now.isoformat(),
        "dag_run": SimpleNamespace(start_date=now),
    }
    options = LoadOptions(force=True)
    loader = MonthLoader(context, ledger_of(Warehouse.POSTGRES), Path(landing).as_uri(), options)
    _land(file, path, landing)
    _import_heavy()
    return lambda: _require(loader.load(file)["rows"], rows)


def _land(file: TripFile, path: str, landing: str) -> None:
    from nyc_tlc.hooks.landing import Landing

    Landing(Path(landing).as_uri()).fetch(Path(path).as_uri(), file.landing_key)


def _import_heavy() -> None:
    import duckdb  # noqa: F401
    import pgpq  # noqa: F401
    import pyarrow as pa  # noqa: F401


def check(socket: str, path: str, rows: int) -> Callable[[], None]:
    """Our check of a staged month."""
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.postgres.check import check_oddities, check_rows
    from nyc_tlc.core.postgres.stage import stage
    from nyc_tlc.core.postgres.tables import PostgresTable

    connection, file = _connect(socket), _trip_file(path)
    url = Path(path).as_uri()
    landed = LandedFile(url, url, None, None, Path(path).stat().st_size, "0" * 64, rows)
    table = PostgresTable("staging", file.staging_table("bench"))
    staged = stage(connection, table, file, landed, _contract(path), Path(path))
    connection.execute("CHECKPOINT")

    def work() -> None:
        check_rows(connection, staged, landed, file)
        oddities = check_oddities(connection, staged, file)
        _require(oddities.rows_staged, rows)

    return work


def course(socket: str, path: str, rows: int) -> Callable[[], None]:
    from bench import course_flow

    connection = _connect(socket)
    course_flow.create_tables(connection)
    course_flow.load_month_before(connection, Path(path))
    return lambda: _require(course_flow.load(connection, Path(path)), rows)


def to_sql(socket: str, path: str, rows: int) -> Callable[[], None]:
    """Pandas as in tutorials: the default method with chunks of 100,000 rows."""
    import pandas as pd
    import sqlalchemy

    from dev import warehouse as server

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg2://",
        connect_args={"host": socket, "user": server.OWNER, "dbname": server.DATABASE},
    )
    engine.connect().close()

    def work() -> None:
        trips = pd.read_parquet(path)
        trips.to_sql("pandas_tripdata", engine, index=False, chunksize=100_000)
        _require(len(trips), rows)

    return work


def download(url: str, target: str) -> Callable[[], None]:
    import pyarrow.parquet  # noqa: F401
    import requests  # noqa: F401

    from nyc_tlc.core.landing.download import download as fetch

    def work() -> None:
        fetch(url, Path(target))

    return work


def import_dag(path: str) -> Callable[[], list[str]]:
    """Import a DAG file after ``import airflow``; reports the heavy modules that it imported."""
    import runpy

    import airflow  # noqa: F401

    before = set(sys.modules)

    def work() -> list[str]:
        runpy.run_path(path)
        return sorted((sys.modules.keys() - before) & set(HEAVY))

    return work


@contextmanager
def _unpacked(path: str) -> Iterator[IO[bytes]]:
    if not path.endswith(".gz"):
        with Path(path).open("rb") as file:
            yield file
        return
    with subprocess.Popen(["gzip", "-dc", path], stdout=subprocess.PIPE) as gzip:
        assert gzip.stdout is not None
        yield gzip.stdout


def _trip_file(path: str) -> TripFile:
    from nyc_tlc.core.catalog import TripFile

    taxi, _, month = Path(path).name.partition(".")[0].split("_")
    return TripFile.of(taxi, month)


def _contract(path: str) -> Contract:
    from nyc_tlc.core.contract.model import load_contract

    return load_contract(_trip_file(path).taxi)


def _connect(socket: str) -> Connection[Any]:
    import psycopg

    from dev import warehouse as server

    return psycopg.connect(host=socket, user=server.OWNER, dbname=server.DATABASE, autocommit=True)


def _require(found: int, rows: int) -> None:
    if found != rows:
        raise SystemExit(
            f"The table has {found:,} rows, expected {rows:,}. The measurement is invalid."
        )


SIDES: dict[str, Callable[..., Callable[[], Any]]] = {
    side.__name__: side
    for side in (
        generate,
        capture,
        raw_copy,
        csv_copy,
        load,
        whole,
        tlc_load,
        check,
        course,
        to_sql,
        download,
        import_dag,
    )
}


def main(name: str, arguments: dict[str, Any]) -> None:
    work = SIDES[name](**arguments)
    started, cpu = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "found": found}))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
