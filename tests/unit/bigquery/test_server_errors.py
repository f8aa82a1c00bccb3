"""Errors of Google Cloud, one HTTP answer at a time, through Google's own clients."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google_answers import PLACE, Asked, answering, refusal, storage_at, warehouse_at

from nyc_tlc.core.bigquery.objects import upload
from nyc_tlc.core.bigquery.server_errors import job_error, named_cloud_errors
from nyc_tlc.core.bigquery.setup import ensure_bucket
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import (
    ContractError,
    QuotaExceededError,
    SettingsError,
    TableBusyError,
    TlcError,
    WarehouseRefusedError,
    WarehouseUnreachableError,
)
from nyc_tlc.core.landing.landed import LandedFile

pytestmark = pytest.mark.unit

GREEN = TripFile(Taxi.GREEN, Month(2021, 1))


@pytest.mark.parametrize(
    ("status", "reason", "kind", "fix"),
    [
        (403, "accessDenied", WarehouseRefusedError, "roles/bigquery.jobUser"),
        (404, "notFound", SettingsError, "tlc_gcp_setup"),
        (400, "invalid", ContractError, "rejected"),
    ],
)
def test_each_refusal_of_bigquery_is_named_with_its_fix(
    status: int, reason: str, kind: type[TlcError], fix: str
) -> None:
    answer = refusal(status, reason, "as Google says it")
    with answering(lambda _: answer) as url, pytest.raises(kind, match=fix) as raised:
        warehouse_at(url).query("SELECT 1")
    assert "as Google says it" in str(raised.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("TooManyRequests", QuotaExceededError),
        ("ServiceUnavailable", WarehouseUnreachableError),
        ("InternalServerError", WarehouseUnreachableError),
    ],
)
def test_temporary_errors_are_retryable(error: str, kind: type[TlcError]) -> None:
    from google.api_core import exceptions

    with pytest.raises(kind) as raised, named_cloud_errors("load"):
        raise getattr(exceptions, error)("busy")
    assert raised.value.retryable


def test_a_quota_is_not_a_refusal() -> None:
    """Google answers 403 to both; the reason tells them apart."""
    from google.api_core.exceptions import Forbidden

    with pytest.raises(QuotaExceededError), named_cloud_errors("load"):
        raise Forbidden("Exceeded rate limits", errors=[{"reason": "rateLimitExceeded"}])


def test_no_credentials() -> None:
    from google.auth.exceptions import DefaultCredentialsError

    refused = pytest.raises(WarehouseRefusedError, match="no credentials.*docs/google-cloud.md")
    with refused, named_cloud_errors("connection"):
        raise DefaultCredentialsError("not found")


def test_a_port_where_nothing_listens() -> None:
    import requests

    with (
        pytest.raises(WarehouseUnreachableError, match="Check the network"),
        named_cloud_errors("load"),
    ):
        raise requests.ConnectionError("refused")


def test_the_first_five_row_errors_of_bigquery_are_shown() -> None:
    rows = [
        {"reason": "invalid", "location": "gs://b/x", "message": f"Row {n}: bad"} for n in range(8)
    ]
    error = job_error("job-1", {"reason": "invalid", "message": "too many errors"}, rows)
    assert isinstance(error, ContractError)
    assert "Row 4: bad (at gs://b/x); and 3 more" in str(error)
    assert "Row 5" not in str(error)
    assert "The trips table is unchanged" in str(error)


@pytest.mark.parametrize(
    ("reason", "kind", "fix"),
    [
        ("quotaExceeded", QuotaExceededError, "Try again later"),
        ("backendError", WarehouseUnreachableError, "tried again"),
        ("bytesBilledLimitExceeded", SettingsError, "gcp_maximum_bytes_billed"),
        ("accessDenied", WarehouseRefusedError, "roles/"),
        ("notFound", SettingsError, "tlc_gcp_setup"),
    ],
)
def test_a_failed_job_shows_its_reason(reason: str, kind: type[TlcError], fix: str) -> None:
    error = job_error("job-1", {"reason": reason, "message": "as BigQuery says it"}, ())
    assert type(error) is kind
    assert fix in str(error)
    assert "as BigQuery says it" in str(error)


def test_two_statements_on_one_table_are_tried_again() -> None:
    text = "Could not serialize access to table a:b.tlc_reject due to concurrent update"
    failed = job_error("job-1", {"reason": "invalidQuery", "message": text}, ())
    assert isinstance(failed, TableBusyError)
    answer = refusal(400, "invalidQuery", text)
    with answering(lambda _: answer) as url, pytest.raises(TableBusyError, match="tried again"):
        warehouse_at(url).query("DELETE FROM t WHERE TRUE")


def test_a_bucket_without_access_belongs_to_somebody_else() -> None:
    with (
        answering(lambda _: refusal(403, "forbidden", "no access")) as url,
        pytest.raises(SettingsError, match="a-bucket belongs to another account.*gcp_bucket_name"),
    ):
        ensure_bucket(storage_at(url), warehouse_at(url), 0)


def test_a_taken_bucket_name_belongs_to_somebody_else() -> None:
    def answers(asked: Asked) -> tuple[int, bytes]:
        return refusal(404 if asked.method == "GET" else 409, "conflict", "not available")

    with (
        answering(answers) as url,
        pytest.raises(SettingsError, match="belongs to another account"),
    ):
        ensure_bucket(storage_at(url), warehouse_at(url), 0)


def test_a_bucket_in_another_region() -> None:
    found = json.dumps({"name": "a-bucket", "location": "EUROPE-WEST2"}).encode()
    refused = pytest.raises(SettingsError, match="is in EUROPE-WEST2, gcp_location is US")
    with answering(lambda _: (200, found)) as url, refused:
        ensure_bucket(storage_at(url), warehouse_at(url), 0)


def test_an_upload_that_is_refused_half_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / GREEN.name
    path.write_bytes(b"PAR1")
    landed = LandedFile(path.as_uri(), "http://x", None, None, 4, "sha", 1)

    def answers(asked: Asked) -> tuple[int, bytes]:
        return refusal(404 if asked.method == "GET" else 403, "forbidden", "no right to write")

    with answering(answers) as url, pytest.raises(WarehouseRefusedError, match="no right to write"):
        upload(storage_at(url).bucket("a-bucket"), PLACE, GREEN, landed, path)
