"""Notifications of failures and late months, by mail through a real SMTP server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from airflow.sdk import DAG

from dev.http_server import unused_port
from nyc_tlc.callbacks import notify_failure, notify_late
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.failure import Failure
from nyc_tlc.sensors.find import PostgresFindSensor

pytestmark = pytest.mark.integration

LINK = "http://127.0.0.1:8080/dags/tlc_postgres_green/runs/manual__1/tasks/find"
MAIL = {
    "notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
    "kwargs": {
        "from_email": "airflow@example.org", "to": "data@example.org",
        "subject": "{{ notice.subject }}", "html_content": "{{ notice.html }}",
    },
}  # fmt: skip


class Inbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EmailMessage]]:
    box = Inbox()
    port = unused_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    extra = {"disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    notify_by(monkeypatch, MAIL)
    yield box.mails
    server.stop()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body()
    assert body is not None
    return str(body.get_content())


def notify_by(monkeypatch: pytest.MonkeyPatch, *notifiers: dict[str, Any]) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_NOTIFIERS", json.dumps(notifiers))


def failed(task_id: str, error_class: str | None, message: str = "") -> Any:
    """The context that Airflow's DAG processor gives the callback."""
    with DAG("tlc_postgres_green", schedule=None) as dag:
        PostgresFindSensor(task_id="find", taxi="green")
    file = TripFile.of("green", "2021-01")
    failure = (
        error_class
        and Failure(
            dag.dag_id, "manual__1", task_id, error_class, message, str(file.taxi), str(file.month)
        ).to_xcom()
    )
    ti = SimpleNamespace(task_id=task_id, log_url=LINK, xcom_pull=lambda task_ids, key: failure)
    return {
        "dag": dag, "ti": ti, "run_id": "manual__1", "reason": "task_failure",
        "params": {"month": "2021-01", "source": "parquet"},
    }  # fmt: skip


def test_a_failure_s_mail_has_task_month_advice_and_link(
    inbox: list[EmailMessage],
) -> None:
    notify_failure(failed("find", "NotPublishedError", "<x> answered 403. Check the month."))
    [mail] = inbox
    assert mail["to"] == "data@example.org"
    assert mail["subject"] == "green 2021-01: find failed in tlc_postgres_green"
    text = text_of(mail)
    assert "NotPublishedError: &lt;x&gt; answered 403. Check the month." in text
    assert f'href="{LINK}"' in text


def test_a_run_that_failed_without_an_error_shows_airflow_s_reason(
    inbox: list[EmailMessage],
) -> None:
    context = failed("find", None)
    notify_failure({**context, "ti": None, "reason": "timed_out"})
    assert inbox[0]["subject"] == "green 2021-01: tlc_postgres_green failed"
    assert "timed_out" in text_of(inbox[0])


def test_a_failing_notifier_does_not_stop_the_next_one(
    inbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = {**MAIL, "kwargs": {**MAIL["kwargs"], "smtp_conn_id": "not_there"}}  # type: ignore[dict-item]
    notify_by(monkeypatch, nowhere, MAIL)
    with caplog.at_level(logging.INFO):
        notify_failure(failed("stage", "DiskFullError", "no room"))
    assert len(inbox) == 1
    assert "Sent 1" in caplog.text
    assert "could not send" in caplog.text


def test_a_notifier_that_is_not_installed_is_named_and_stops_no_other(
    inbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    absent = {"notifier": "airflow.providers.microsoft.nowhere.notifications.x.XNotifier"}
    notify_by(monkeypatch, absent, MAIL)
    notify_failure(failed("stage", "DiskFullError", "no room"))
    assert len(inbox) == 1
    assert "(apache-airflow-providers-microsoft-nowhere)" in caplog.text


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('[{"notifier": "nyc_tlc.nowhere.Notifier"}]', "No module named 'nyc_tlc.nowhere'"),
        ('[{"notifier": "nyc_tlc.core.catalog.Month"}]', "is not an Airflow notifier"),
        ('[{"to": "me"}]', "unexpected keyword"),
        ('["me"]', "must be a mapping"),
        ('{"notifier": "me"}', "dict, not a list"),
        ("not json", "Expecting value"),
    ],
)
def test_a_wrong_setting_is_explained_in_the_log(
    setting: str, says: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_NOTIFIERS", setting)
    notify_failure(failed("stage", "DiskFullError", "no room"))
    assert says in caplog.text
    assert "in the Variable tlc_notifiers, a JSON list" in caplog.text


def test_a_late_month_is_notified(inbox: list[EmailMessage]) -> None:
    run = {
        "dag_id": "tlc_postgres_green", "dag_run_id": "scheduled__2021-01", "note": "2021-01",
        "queued_at": "2021-02-01T14:00:00Z",
    }  # fmt: skip
    asyncio.run(notify_late(context={"dag_run": run, "deadline": {}}))
    assert inbox[0]["subject"] == "tlc_postgres_green is late: 2021-01"
    assert "/dags/tlc_postgres_green/runs/scheduled__2021-01" in text_of(inbox[0])
