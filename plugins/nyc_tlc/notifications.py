"""Notifications through any Airflow notifier; the Variable ``tlc_notifiers`` says which.

::

    [{"notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
      "kwargs": {"to": "data@example.org", "from_email": "airflow@example.org",
                 "subject": "{{ notice.subject }}", "html_content": "{{ notice.html }}"}}]

A notifier takes its server and secrets from its own Airflow connection. Without the Variable no
notification is sent; the log and the ledger have the failure all the same.
"""

from __future__ import annotations

import html
import json
import logging
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.errors import NotifierError

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier, Context

VARIABLE = "tlc_notifiers"
EXPECTED = (
    f'Expected, in the Variable {VARIABLE}, a JSON list of {{"notifier": "a.notifier.Class", '
    '"kwargs": {…}}, in whose kwargs {{ notice.subject }}, .text, .html and .link are filled in.'
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """What people read, and where to look further."""

    subject: str
    text: str
    link: str

    @property
    def html(self) -> str:
        return (
            f"<p><b>{html.escape(self.subject)}</b></p><pre>{html.escape(self.text)}</pre>"
            f'<p><a href="{html.escape(self.link)}">{html.escape(self.link)}</a></p>'
        )


def notify(notice: Notice, context: Context) -> int:
    """Give the notice to every notifier; returns how many took it.

    One that fails is logged, and the others still get it. Raises NotifierError where the Variable
    is not as expected.
    """
    sent = 0
    for notifier in _notifiers():
        try:
            notifier({**context, "notice": notice})
        except Exception:  # a notifier may raise anything, and must not keep the others from it
            log.exception("%s could not send: %s", type(notifier).__name__, notice.subject)
        else:
            sent += 1
    return sent


def _notifiers() -> list[BaseNotifier]:
    from airflow.sdk import Variable

    try:
        entries = Variable.get(VARIABLE, default="[]")
        return [_notifier(**entry) for entry in json.loads(entries)]
    except (TypeError, ValueError, ImportError, AttributeError) as error:
        raise NotifierError(f"Notifications are misconfigured: {error}. {EXPECTED}") from error


def _notifier(notifier: str, kwargs: dict[str, Any] | None = None) -> BaseNotifier:
    from airflow.sdk import BaseNotifier

    kind = resolve_name(notifier)
    if not (isinstance(kind, type) and issubclass(kind, BaseNotifier)):
        raise TypeError(f"{notifier} is not an Airflow notifier")
    return kind(**(kwargs or {}))
