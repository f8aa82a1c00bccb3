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


class UnsafeFileError(TlcError):
    """A link, or something else that is not a regular file, where a container or a user can write."""


class UploadError(TlcError):
    """A file did not arrive whole in the cloud's storage; another try may bring it there."""

    retryable = True


class SourceUnreachableError(TlcError):
    """The source did not answer, or answered that it is busy (429, 5xx, a reset connection)."""

    retryable = True


class NotPublishedError(TlcError):
    """The source has no such file (403 and 404 both mean that at TLC)."""


class BadFileError(TlcError):
    """What arrived is not the file that was asked for: cut short, an HTML page, not gzip, empty."""


class DiskFullError(TlcError):
    """Landing or the warehouse has no room for the file."""


class ContractError(TlcError):
    """A file does not fit its taxi's contract: columns missing, or a value that cannot be cast."""


class WarehouseUnreachableError(TlcError):
    """A warehouse connection could not be made; another try may succeed."""

    retryable = True


class WarehouseRefusedError(TlcError):
    """The warehouse answered and refused: wrong password, missing database, missing right."""


class TableMismatchError(TlcError):
    """A trips table that exists already does not have the columns the month needs."""


class TableMissingError(TlcError):
    """The trips table to read does not exist."""


class RowCountMismatchError(TlcError):
    """Rows in the file, rows staged and rows merged are not the same number."""


class SettingsError(TlcError):
    """A setting is missing, or two of them do not go together."""


class QuotaExceededError(TlcError):
    """The warehouse is asked too much at once; another try may succeed."""

    retryable = True


class StagingMissingError(TlcError):
    """The staging table of this run is not there."""


class TableBusyError(TlcError):
    """The trips table is locked by somebody else for longer than a merge waits."""

    retryable = True


class EngineUnreachableError(TlcError):
    """No container engine answers; another try may find it running."""

    retryable = True


class EngineRefusedError(TlcError):
    """The container engine, its socket or a proxy before it said no."""


class ImageMissingError(TlcError):
    """The engine has no such image, and none is pulled."""


class ScriptFailedError(TlcError):
    """A script in a container ended in an error of its own; another try may pass."""

    retryable = True


class ScriptInputError(TlcError):
    """A script in a container refused its input (exit codes 64 to 66)."""


class ScriptOutOfMemoryError(TlcError):
    """A script's container was killed, at its memory limit or from outside."""


class ReportError(TlcError):
    """The folder of reports is not safe, or a file in it has another form than our script writes."""


class ParityError(TlcError):
    """Two warehouses that hold the same months hold other rows."""


class ScriptResultError(TlcError):
    """A script in a container succeeded, but did not print its result as one JSON object."""


class NotifierError(TlcError):
    """The Variable that says who is told of failures is not as expected."""


class FileQueryError(TlcError):
    """A query over files failed: a file is missing, or the SQL does not fit it."""
