"""What Google Cloud can answer to a step, by name, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nyc_tlc.core.errors import (
    ContractError,
    QuotaExceededError,
    SettingsError,
    TlcError,
    WarehouseRefusedError,
    WarehouseUnreachableError,
)

NAMED_ERRORS = 5

# Google's reasons (https://cloud.google.com/bigquery/docs/error-messages), and what each asks for.
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
    "Google Cloud has no credentials: {said}. Give the connection a key or a service account to "
    "impersonate, or run where workload identity does (docs/google-cloud.md)."
)


@contextmanager
def named_cloud_errors(step: str) -> Iterator[None]:
    """Around a step: errors that are Google Cloud's become ours."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
    from requests.exceptions import RequestException

    try:
        yield
    except GoogleAPICallError as error:
        raise _answered(step, error) from error
    except (TransportError, RetryError, RequestException, ConnectionError) as error:
        raise WarehouseUnreachableError(
            f"Google Cloud did not answer in the {step} step: {_said(error)}. Check the network; "
            "the task is tried again."
        ) from error
    except (DefaultCredentialsError, GoogleAuthError) as error:
        raise WarehouseRefusedError(NO_CREDENTIALS.format(said=_said(error))) from error


def job_error(
    job_id: str, result: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]
) -> TlcError:
    """The error of a job that ended badly, with the first of BigQuery's own row errors."""
    reason = str(result.get("reason", ""))
    told = list(dict.fromkeys(_row_error(error) for error in errors or [result]))
    said = f"{'; '.join(told[:NAMED_ERRORS])}" + _more(len(told) - NAMED_ERRORS)
    if reason in BUSY:
        return QuotaExceededError(
            f"BigQuery has too much to do for job {job_id}: {said}. Try again later."
        )
    if reason in UNWELL:
        return WarehouseUnreachableError(
            f"BigQuery broke off job {job_id}: {said}. It is tried again."
        )
    if reason == "bytesBilledLimitExceeded":
        return SettingsError(
            f"Job {job_id} would cost more than is allowed: {said}. Nothing was read or billed. "
            "Raise the Variable gcp_maximum_bytes_billed if the month is worth it."
        )
    if reason == "accessDenied":
        return WarehouseRefusedError(f"BigQuery refused job {job_id}: {said}. {NO_RIGHTS}")
    if reason == "notFound":
        return SettingsError(f"Job {job_id} missed something: {said}. {NOT_THERE}")
    return ContractError(
        f"BigQuery could not do job {job_id}: {said}. The trips table is as before. If the file is "
        "damaged, load it again with force."
    )


def _answered(step: str, error: Any) -> TlcError:
    """By HTTP status and Google's reason."""
    said, code = _said(error), int(error.code or 0)
    reasons = {str(item.get("reason")) for item in error.errors if isinstance(item, dict)}
    if code == 429 or reasons & BUSY:
        return QuotaExceededError(
            f"Google Cloud's quota stopped the {step} step: {said}. Try again later."
        )
    if code >= 500 or code == 408:
        return WarehouseUnreachableError(
            f"Google Cloud failed in the {step} step: {said}. Try again."
        )
    if code in (401, 403):
        return WarehouseRefusedError(f"Google Cloud refused the {step} step: {said}. {NO_RIGHTS}")
    if code == 404:
        return SettingsError(
            f"Google Cloud has no such thing in the {step} step: {said}. {NOT_THERE}"
        )
    return ContractError(f"Google Cloud did not accept the {step} step: {said}.")


def _row_error(error: Mapping[str, Any]) -> str:
    where = f" (at {error['location']})" if error.get("location") else ""
    return f"{error.get('message', error)}{where}"


def _more(count: int) -> str:
    return f"; and {count:,} more" if count > 0 else ""


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())
