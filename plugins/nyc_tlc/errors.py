"""Every error a load can end in. Each says what was seen, what was expected and what to do next."""

from __future__ import annotations


class TlcError(Exception):
    """Base of all errors of this package.

    ``retryable`` tells the operators whether another try can pass (a dropped connection) or
    cannot (a month that does not exist); Airflow's retries follow it.
    """

    retryable = False


class MonthError(TlcError):
    """The month of a run cannot be told, or is not a month of this taxi."""


class LandingError(TlcError):
    """A file is not in landing, or not as it was left there."""


class UploadBroken(TlcError):
    """A file did not arrive whole in the cloud's storage; another try may bring it there."""

    retryable = True


class SourceUnreachable(TlcError):
    """The source did not answer, or answered that it is busy (429, 5xx, a reset connection)."""

    retryable = True


class NotPublished(TlcError):
    """The source has no such file (403 and 404 both mean that at TLC)."""


class BadFile(TlcError):
    """What arrived is not the file that was asked for: cut short, an HTML page, not gzip, empty."""


class DiskFull(TlcError):
    """Landing or the warehouse has no room for the file."""


class ContractError(TlcError):
    """A file does not fit its taxi's contract: columns missing, or a value that cannot be cast."""


class WarehouseUnreachable(TlcError):
    """A warehouse connection could not be made; another try may succeed."""

    retryable = True


class WarehouseRefused(TlcError):
    """The warehouse answered and refused: wrong password, missing database, missing right."""


class TableMismatch(TlcError):
    """A trips table that exists already does not have the columns the month needs."""


class TableMissing(TlcError):
    """A trips table that is to be read is not there."""


class RowCountMismatch(TlcError):
    """Rows in the file, rows staged and rows merged are not the same number."""


class SettingsError(TlcError):
    """A setting is missing, or two of them do not go together."""


class QuotaExceeded(TlcError):
    """The warehouse is asked too much at once; another try may succeed."""

    retryable = True


class StagingMissing(TlcError):
    """The staging table of this run is not there."""


class TableBusy(TlcError):
    """The trips table is locked by somebody else for longer than a merge waits."""

    retryable = True


class TripsMissing(TlcError):
    """There is no trips table to make a report of."""


class EngineUnreachable(TlcError):
    """No container engine answers; another try may find it running."""

    retryable = True


class EngineRefused(TlcError):
    """The container engine, its socket or a proxy before it said no."""


class ImageMissing(TlcError):
    """The engine has no such image, and none is pulled."""


class ScriptFailed(TlcError):
    """A script in a container ended in an error of its own; another try may pass."""

    retryable = True


class ScriptInputBad(TlcError):
    """A script in a container refused its input (exit codes 64 to 66)."""


class ScriptOutOfMemory(TlcError):
    """A script's container was killed, at its memory limit or from outside."""


class ParityError(TlcError):
    """Two warehouses that hold the same months hold other rows."""


class ScriptResultBad(TlcError):
    """A script in a container succeeded, but did not print its result as one JSON object."""


class NotifierError(TlcError):
    """The Variable that says who is told of failures is not as expected."""


class FileQueryFailed(TlcError):
    """A query over files failed: a file is missing, or the SQL does not fit it."""
