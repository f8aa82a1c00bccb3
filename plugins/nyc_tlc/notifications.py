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
from importlib import import_module
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

    One that fails, or cannot be made, is logged, and the others still get it. Raises NotifierError
    where the Variable is not a list.
    """
    sent = 0
    for entry in entries():
        try:
            made = notifier(entry)
            made({**context, "notice": notice})
        except NotifierError as error:
            log.warning("%s: %s", type(error).__name__, error)
        except Exception:  # a notifier may raise anything, and must not keep the others from it
            log.exception("%s could not send: %s", type(made).__name__, notice.subject)
        else:
            sent += 1
    return sent


def entries(text: str | None = None) -> list[Any]:
    """What the Variable, or its ``text``, lists; raises NotifierError where it is not a list."""
    from airflow.sdk import Variable

    try:
        listed = json.loads(Variable.get(VARIABLE, default="[]") if text is None else text)
    except (TypeError, ValueError) as error:
        raise NotifierError(f"Notifications are misconfigured: {error}. {EXPECTED}") from error
    if not isinstance(listed, list):
        raise NotifierError(
            f"Notifications are misconfigured: {type(listed).__name__}, not a list. {EXPECTED}"
        )
    return listed


def notifier(entry: Any) -> BaseNotifier:
    """The notifier of one entry; raises NotifierError, which names the package that is missing."""
    try:
        return _made(**entry)
    except ImportError as error:
        raise NotifierError(
            f"A notifier cannot be loaded: {error}. Install its package"
            f"{_package(entry['notifier'])} where the DAG processor and the triggerer run. {EXPECTED}"
        ) from error
    except Exception as error:  # whatever a notifier's constructor raises
        raise NotifierError(f"A notifier is misconfigured: {error}. {EXPECTED}") from error


def _made(notifier: str, kwargs: dict[str, Any] | None = None) -> BaseNotifier:
    from airflow.sdk import BaseNotifier

    module, _, name = notifier.rpartition(".")
    kind = getattr(import_module(module), name)
    if not (isinstance(kind, type) and issubclass(kind, BaseNotifier)):
        raise TypeError(f"{notifier} is not an Airflow notifier")
    return kind(**(kwargs or {}))


# The names in airflow.providers that hold several packages: apache.kafka, microsoft.azure.
GROUPS = ("apache", "common", "dbt", "microsoft")


def _package(notifier: str) -> str:
    """``(apache-airflow-providers-slack)`` for a notifier of Airflow's own providers."""
    if not notifier.startswith("airflow.providers."):
        return ""
    names = notifier.split(".")[2:4]
    package = "-".join(names if names[0] in GROUPS else names[:1])
    return f" (apache-airflow-providers-{package})"
