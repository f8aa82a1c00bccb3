"""What a server can do to a step half-way, by name: no room, no right, gone."""

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

    from nyc_tlc.core.postgres.tables import Table

# A table's own rules, its definition, a value it cannot hold, and views that hang on a partition.
MISFITS = (
    psycopg.IntegrityError,
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.errors.DependentObjectsStillExist,
)


@contextmanager
def named_server_errors(step: str) -> Iterator[None]:
    """Around a step, or as its decorator: errors that are the server's become ours.

    A step is one transaction, so whatever broke it off left nothing of it behind.
    """
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFullError(
            f"The warehouse's disk is full in the {step} step: {_said(error)}. Nothing of the step "
            "stays. Free some space there, then clear the task."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseRefusedError(
            f"The warehouse refused the {step} step: {_said(error)}. Nothing of the step stays. "
            "Grant the connection's login that right, or own the table with it."
        ) from error
    except psycopg.errors.LockNotAvailable as error:
        raise TableBusyError(
            f"Another session holds a lock that the {step} step needs: {_said(error)}. The step was "
            "rolled back; it is tried again. pg_locks shows who holds the lock."
        ) from error
    except psycopg.errors.QueryCanceled as error:
        raise WarehouseUnreachableError(
            f"The warehouse cancelled the {step} step: {_said(error)}. The step was rolled back; it "
            "is tried again. If it is a statement_timeout, give the connection's login a longer one "
            "(ALTER ROLE … SET statement_timeout)."
        ) from error
    except psycopg.errors.UndefinedTable as error:
        raise StagingMissingError(
            f"A table was dropped in the {step} step: {_said(error)}. Expected the tables that this "
            "run made. Clear the stage task, so that it and what follows run again."
        ) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise WarehouseRefusedError(
            f"The warehouse refused the {step} step: {_said(error)}. Expected a server that takes "
            "writes: this one is a standby, or default_transaction_read_only is on for the "
            "connection's login. Change the connection's host or the setting."
        ) from error
    except (psycopg.OperationalError, psycopg.InternalError) as error:
        raise WarehouseUnreachableError(
            f"The warehouse broke off the {step} step: {_said(error)}. Nothing of the step stays, "
            "and it can be tried again. If it breaks off each time, the server's log says why."
        ) from error


@contextmanager
def named_misfit(trips: Table) -> Iterator[None]:
    """Around what puts rows into a trips table that somebody may have made or changed by hand."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise
    except MISFITS as error:
        raise TableMismatchError(
            f"{trips} does not take the month's rows: {_said(error)}. Expected a table whose own "
            "columns, constraints, partitions and dependent views let them in. Nothing was "
            "changed. Change it with ALTER TABLE, or rename it so that a new one is made."
        ) from error


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
