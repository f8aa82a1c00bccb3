"""The source of trip files, with and without the connection ``tlc_default``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from nyc_tlc.core.catalog import CSV_BASE, PARQUET_BASE, Month, Source, Taxi, TripFile
from nyc_tlc.core.errors import AddressError, NotPublishedError
from nyc_tlc.get_provider_info import UI_FIELD_BEHAVIOUR
from nyc_tlc.hooks.tlc import TlcHook

pytestmark = pytest.mark.unit

GREEN = TripFile(Taxi.GREEN, Month(2021, 1))


def connect(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps({"conn_type": "nyc_tlc", **fields}))


def test_without_a_connection_files_come_from_tlc_and_the_mirror(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TLC_DEFAULT", raising=False)
    assert TlcHook().get_conn() == {Source.PARQUET: PARQUET_BASE, Source.CSV: CSV_BASE}


def test_a_named_connection_must_exist() -> None:
    with pytest.raises(AirflowNotFoundException, match="my_tlc"):
        TlcHook("my_tlc").get_conn()


def test_host_is_the_base_of_parquet_and_csv_base_that_of_csv(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(monkeypatch, host="https://a.org/x", extra={"csv_base": "file:///data/{taxi}"})
    assert TlcHook().get_conn() == {
        Source.PARQUET: "https://a.org/x",
        Source.CSV: "file:///data/{taxi}",
    }
    assert TlcHook().url(GREEN) == "https://a.org/x/green_tripdata_2021-01.parquet"


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "https://me:a-secret@a.org/x"},
        {"host": "https://a-secret@a.org/x"},
        {"host": "HTTP://me:a-secret@a.org:80/{taxi}"},
        {"extra": {"csv_base": "https://me:a-secret@a.org/x"}},
    ],
)
def test_a_base_with_a_login_is_refused_and_the_login_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, object]
) -> None:
    connect(monkeypatch, **fields)
    with pytest.raises(AddressError, match="has a login in its address.*netrc") as refused:
        TlcHook().url(GREEN)
    assert "a-secret" not in str(refused.value)
    passed, message = TlcHook().test_connection()
    assert (passed, "a-secret" in message) == (False, False)


@pytest.mark.parametrize(
    ("uri", "base"),
    [
        ("https://a.org:8443/x/trip-data", "https://a.org:8443/x/trip-data"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("nyc-tlc://https://a.org:8443/x", "https://a.org:8443/x"),
        ("nyc-tlc://http%3A%2F%2Fa.org%3A81%2Fx/", "http://a.org:81/x"),
        ("file:///data/trip%20data", "file:///data/trip data"),
        ("nyc-tlc://", PARQUET_BASE),
    ],
)
def test_a_uri_s_port_and_path_are_part_of_the_base(
    monkeypatch: pytest.MonkeyPatch, uri: str, base: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", f"{uri}?csv_base=file%3A%2F%2F%2Fcsv")
    assert TlcHook().get_conn() == {Source.PARQUET: base, Source.CSV: "file:///csv"}


def test_a_uri_with_a_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", "https://me:a-secret@a.org/x")
    with pytest.raises(AddressError, match="tlc_default has a login in its address") as refused:
        TlcHook().get_conn()
    assert "a-secret" not in str(refused.value)


def test_an_empty_connection_keeps_both_default_bases(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch)
    assert TlcHook().get_conn() == {Source.PARQUET: PARQUET_BASE, Source.CSV: CSV_BASE}


def test_a_folder_serves_as_a_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "été à New York" / "green"
    folder.mkdir(parents=True)
    connect(monkeypatch, host=f"file://{folder.parent}/{{taxi}}")
    with pytest.raises(NotPublishedError):
        TlcHook().probe(GREEN)
    passed, message = TlcHook().test_connection()
    assert not passed
    assert "is not there" in message
    (folder / GREEN.name).write_bytes(b"x" * 1_234)
    assert TlcHook().probe(GREEN).bytes == 1_234
    assert TlcHook().test_connection() == (
        True,
        f"file://{folder}/{GREEN.name} is there (1,234 bytes).",
    )


def test_the_form_s_fields_are_those_of_the_provider() -> None:
    assert TlcHook.get_ui_field_behaviour() == UI_FIELD_BEHAVIOUR
