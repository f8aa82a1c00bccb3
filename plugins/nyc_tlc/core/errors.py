"""Every error a load can end in. Each says what was seen, what was expected and what to do next."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping


class TlcError(Exception):
    """Base of all errors of this package.

    ``retryable`` tells the operators whether a retry can succeed (a dropped connection) or not (a
    month that does not exist); Airflow's retries follow it.
    """

    retryable = False


class MonthError(TlcError):
    """The month of a run is unknown, or is not a month of this taxi."""


class MonthsFailedError(TlcError):
    """Some of the months that one task loads have failed; a retry succeeds if it can for one of them."""

    @classmethod
    def of(cls, what: str, errors: Mapping[str, Exception], months: int) -> MonthsFailedError:
        """``what``: taxi and year; ``errors``: by month; ``months``: how many there were."""
        first, *_ = errors.values()
        error = cls(
            f"{len(errors)} of {months} months of {what} failed: {', '.join(errors)}. The others are done. "
            f"First error: {type(first).__name__}: {first} Each error is in tlc_load. To load the "
            "failed months again, clear this task: it skips those that are done."
        )
        error.retryable = any(getattr(each, "retryable", True) for each in errors.values())
        return error


class LandingError(TlcError):
    """A file is missing in landing, or has changed there, or landing cannot be used."""


class UnsafeFileError(TlcError):
    """A link, or something else that is not a regular file, where a container or a user can write."""


class StoreError(TlcError):
    """An object store did not answer, or refused; a retry may succeed."""

    retryable = True


class UploadError(TlcError):
    """An upload to the cloud's storage was corrupted or cut; a retry may succeed."""

    retryable = True


class SourceUnreachableError(TlcError):
    """The source did not answer, or answered that it is busy (429, 5xx, a reset connection)."""

    retryable = True


class NotPublishedError(TlcError):
    """The source does not have the file. TLC answers 403 or 404 for it."""


class AddressError(TlcError):
    """A source's address has a password in it, or leads into this network."""


class BadFileError(TlcError):
    """What arrived is not the trip file: cut short, an HTML page, not gzip, empty."""


class FileTooLargeError(BadFileError):
    """A file unpacks to more bytes than the setting ``TLC_MAX_UNPACKED_BYTES`` allows."""


class DamagedPageError(BadFileError):
    """A page of a Parquet file is not what its header, its checksum or the footer says."""


class DiskFullError(TlcError):
    """Landing or the warehouse has no room for the file."""


class ContractError(TlcError):
    """A file does not fit its taxi's contract: columns missing, or a value that cannot be cast."""


class WarehouseUnreachableError(TlcError):
    """The connection to a warehouse failed or was lost; a retry may succeed."""

    retryable = True


class WarehouseRefusedError(TlcError):
    """The warehouse refused: wrong password, missing database, missing privilege."""


class TableMismatchError(TlcError):
    """An existing trips table does not have the columns that the month needs."""


class TableMissingError(TlcError):
    """The trips table to read does not exist."""


class RowCountMismatchError(TlcError):
    """Rows in the file, rows staged and rows merged are not the same number."""


class MonthChangedError(TlcError):
    """Another run merged the month at the same time."""

    retryable = True


class SettingsError(TlcError):
    """A setting is missing, or two settings contradict each other."""


class QuotaExceededError(TlcError):
    """The warehouse's quota is exceeded; a retry may succeed."""

    retryable = True


class StagingMissingError(TlcError):
    """The staging table of this run does not exist."""


class TableBusyError(TlcError):
    """Another session locks the trips table for longer than a merge waits."""

    retryable = True


class EngineUnreachableError(TlcError):
    """No container engine answers; a retry may find it running."""

    retryable = True


class EngineRefusedError(TlcError):
    """The container engine, its socket or the proxy in front of it refused."""


class ImageMissingError(TlcError):
    """The engine does not have the image, and images are not pulled."""


class PodFailedError(TlcError):
    """A script's pod did not start, or did not run to its end; a retry may succeed."""

    retryable = True


class ScriptFailedError(TlcError):
    """A script in a container failed; a retry may succeed."""

    retryable = True


class ScriptInputError(TlcError):
    """A script in a container refused its input (exit codes 64 to 66)."""


class ScriptOutOfMemoryError(TlcError):
    """A script's container was killed, at its memory limit or from outside."""


class ReportError(TlcError):
    """The folder of reports is not safe, or a file in it has another form than our script writes."""


class ParityError(TlcError):
    """Two warehouses hold the same months, but different rows."""


class ScriptResultError(TlcError):
    """A script in a container succeeded, but did not print its result as one JSON object."""


class NotifierError(TlcError):
    """The Variable that configures notifications is invalid."""


BLOCK_WIDTH = 100
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n")


def as_block(name: str, message: str) -> str:
    """An error for a log: its name, then a line per sentence. Wrapped, because a log viewer cuts long
    lines off.
    """
    lines = [
        textwrap.fill(
            sentence, BLOCK_WIDTH, initial_indent="  ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )
        for sentence in SENTENCE_END.split(message)
    ]  # fmt: skip
    return "\n".join([f"{name}:", *lines])
