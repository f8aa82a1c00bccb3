"""Errors of the server in the middle of a step, by name: disk full, no privilege, connection lost."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from nyc_tlc.core.errors import (
    DiskFullError,
    StagingMissingError,
    TableBusyError,
    TableMismatchError,
    WarehouseRefusedError,
    WarehouseUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nyc_tlc.core.postgres.tables import PostgresTable

# A table's own rules, its definition, a value it cannot hold, and views that hang on a partition.
MISFITS = (
    psycopg.IntegrityError,
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.errors.DependentObjectsStillExist,
)


@contextmanager
def named_server_errors(step: str) -> Iterator[None]:
    """Around a step, or as its decorator: the server's errors become ours.

    A step is one transaction, so an error rolls all of it back.
    """
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFullError(
            f"The warehouse's disk is full in the {step} step: {_message(error)}. The step was rolled "
            "back. Free some space there, then clear the task."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseRefusedError(
            f"The warehouse refused the {step} step: {_message(error)}. The step was rolled back. "
            "Grant that privilege to the connection's login, or make it the table's owner."
        ) from error
    except psycopg.errors.LockNotAvailable as error:
        raise TableBusyError(
            f"Another session holds a lock that the {step} step needs: {_message(error)}. The step was "
            "rolled back; it is tried again. pg_locks shows who holds the lock."
        ) from error
    except psycopg.errors.QueryCanceled as error:
        raise WarehouseUnreachableError(
            f"The warehouse cancelled the {step} step: {_message(error)}. The step was rolled back; it "
            "is tried again. If it is a statement_timeout, give the connection's login a longer one "
            "(ALTER ROLE … SET statement_timeout)."
        ) from error
    except psycopg.errors.UndefinedTable as error:
        raise StagingMissingError(
            f"A table was dropped in the {step} step: {_message(error)}. Expected the tables that this "
            "run made. Clear the stage task, so that it and the tasks after it run again."
        ) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise WarehouseRefusedError(
            f"The warehouse refused the {step} step: {_message(error)}. Expected a server that takes "
            "writes: this one is a standby, or default_transaction_read_only is on for the "
            "connection's login. Change the connection's host or the setting."
        ) from error
    except (psycopg.OperationalError, psycopg.InternalError) as error:
        raise WarehouseUnreachableError(
            f"Lost the connection during the {step} step: {_message(error)}. The step was rolled back "
            "and is tried again. If it fails each time, look at the server's log."
        ) from error


@contextmanager
def named_misfit(trips: PostgresTable) -> Iterator[None]:
    """Around statements that put rows into a trips table that a user may have made or changed."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise
    except MISFITS as error:
        raise TableMismatchError(
            f"{trips} does not accept the month's rows: {_message(error)}. Expected a table whose "
            "columns, constraints, partitions and dependent views allow them. Nothing was "
            "changed. Change it with ALTER TABLE, or rename it so that a new one is made."
        ) from error


def _message(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
