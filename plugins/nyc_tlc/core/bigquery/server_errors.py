"""Translates Google Cloud's errors into ours, which say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nyc_tlc.core.errors import (
    ContractError,
    MonthChangedError,
    QuotaExceededError,
    SettingsError,
    TableBusyError,
    TlcError,
    WarehouseRefusedError,
    WarehouseUnreachableError,
)

NAMED_ERRORS = 5
# The text of the merge job's own error.
MONTH_CHANGED = "another run has changed the month"

# BigQuery's text, with the reason invalidQuery, when two statements change a table at once.
CONFLICT = "Could not serialize access"

# Google's error reasons (https://cloud.google.com/bigquery/docs/error-messages).
BUSY = {"rateLimitExceeded", "jobRateLimitExceeded", "quotaExceeded", "resourcesExceeded"}
UNWELL = {"backendError", "internalError", "jobBackendError", "jobInternalError", "stopped"}
NO_RIGHTS = (
    "Give the connection's service account roles/bigquery.dataEditor on both datasets, "
    "roles/bigquery.jobUser on the project, roles/storage.objectAdmin and "
    "roles/storage.legacyBucketReader on the bucket (include/terraform does), and check the project's "
    "name."
)
NOT_THERE = "Run the DAG tlc_gcp_setup, and check gcp_project_id, gcp_location and gcp_dataset."
NO_CREDENTIALS = (
    "Google Cloud has no credentials: {message}. Give the connection a key or a service account to "
    "impersonate, or run where workload identity is available (docs/google-cloud.md)."
)


@contextmanager
def named_cloud_errors(step: str) -> Iterator[None]:
    """Context manager for a step: turns Google Cloud's errors into ours."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
    from requests.exceptions import RequestException

    try:
        yield
    except GoogleAPICallError as error:
        raise _answered(step, error) from error
    except (TransportError, RetryError, RequestException, ConnectionError) as error:
        raise WarehouseUnreachableError(
            f"Google Cloud did not answer in the {step} step: {_message(error)}. Check the network; "
            "the task is tried again."
        ) from error
    except (DefaultCredentialsError, GoogleAuthError) as error:
        raise WarehouseRefusedError(NO_CREDENTIALS.format(message=_message(error))) from error


def job_error(
    job_id: str, result: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]
) -> TlcError:
    """The error of a failed job, with the first of BigQuery's own row errors."""
    reason = str(result.get("reason", ""))
    messages = list(dict.fromkeys(_row_error(error) for error in errors or [result]))
    message = f"{'; '.join(messages[:NAMED_ERRORS])}" + _more(len(messages) - NAMED_ERRORS)
    if MONTH_CHANGED in message:
        return MonthChangedError(
            f"BigQuery stopped job {job_id}: {MONTH_CHANGED} during the merge. The load is not in "
            "tlc_load. The next try compares both files with the source, and the newer one stays."
        )
    if CONFLICT in message:
        return _conflict(f"job {job_id}", message)
    if reason in BUSY:
        return QuotaExceededError(
            f"BigQuery quota exceeded by job {job_id}: {message}. Try again later."
        )
    if reason in UNWELL:
        return WarehouseUnreachableError(
            f"BigQuery stopped job {job_id}: {message}. The task is tried again."
        )
    if reason == "bytesBilledLimitExceeded":
        return SettingsError(
            f"Job {job_id} would read more than the limit: {message}. Nothing was read or billed. "
            "To allow it, raise the Variable gcp_maximum_bytes_billed."
        )
    if reason == "accessDenied":
        return WarehouseRefusedError(f"BigQuery refused job {job_id}: {message}. {NO_RIGHTS}")
    if reason == "notFound":
        return SettingsError(f"BigQuery job {job_id} failed, not found: {message}. {NOT_THERE}")
    return ContractError(
        f"BigQuery job {job_id} failed: {message}. The trips table is unchanged. If the file is "
        "damaged, load it again with force."
    )


def _answered(step: str, error: Any) -> TlcError:
    """Chosen by HTTP status and by Google's reason."""
    message, code = _message(error), int(error.code or 0)
    reasons = {str(item.get("reason")) for item in error.errors if isinstance(item, dict)}
    if CONFLICT in message:
        return _conflict(f"the {step} step", message)
    if code == 429 or reasons & BUSY:
        return QuotaExceededError(
            f"Google Cloud's quota stopped the {step} step: {message}. Try again later."
        )
    if code >= 500 or code == 408:
        return WarehouseUnreachableError(
            f"Google Cloud failed in the {step} step: {message}. Try again."
        )
    if code in (401, 403):
        return WarehouseRefusedError(
            f"Google Cloud refused the {step} step: {message}. {NO_RIGHTS}"
        )
    if code == 404:
        return SettingsError(
            f"Google Cloud resource not found in the {step} step: {message}. {NOT_THERE}"
        )
    return ContractError(f"Google Cloud rejected the {step} step: {message}.")


def _conflict(what: str, message: str) -> TableBusyError:
    return TableBusyError(
        f"BigQuery stopped {what}: another statement changed the same table: {message}. The task is "
        "tried again."
    )


def _row_error(error: Mapping[str, Any]) -> str:
    where = f" (at {error['location']})" if error.get("location") else ""
    return f"{error.get('message', error)}{where}"


def _more(count: int) -> str:
    return f"; and {count:,} more" if count > 0 else ""


def _message(error: BaseException) -> str:
    return " ".join(str(error).split())
