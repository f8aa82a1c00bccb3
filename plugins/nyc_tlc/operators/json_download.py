"""JSON of an API to a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    import requests
    from airflow.sdk import Context


class JsonDownloadOperator(TaxiOperator):
    """Asks an HTTP API for JSON and writes the body to a file. Returns the parts of it that are
    asked for by name; the body itself stays in the file.

    :param url: what to ask; empty for the host of the connection.
    :param to: the file.
    :param query: the URL's query parameters.
    :param parts: name → where it stands in the body: ``{"first": "products.0.title"}``.
    :param http_conn_id: an HTTP connection with the host and, if need be, login or headers.
    :param default_url: what to ask where there is neither a url nor such a connection.
    """

    template_fields: Sequence[str] = (
        "url", "to", "query", "parts", "http_conn_id", "default_url",
    )  # fmt: skip

    def __init__(
        self,
        *,
        to: str,
        url: str = "",
        query: Mapping[str, Any] | None = None,
        parts: Mapping[str, str] | None = None,
        http_conn_id: str = "products_api",
        default_url: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.url = url
        self.to = to
        self.query = query
        self.parts = parts
        self.http_conn_id = http_conn_id
        self.default_url = default_url

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.containers.sandbox import hand_over
        from nyc_tlc.core.json_api import fetch_json, part, write_json

        session, url = self._source()
        body = fetch_json(session, url, self.query or {})
        found = {name: part(body, path) for name, path in (self.parts or {}).items()}
        target = Path(self.to)
        write_json(body, target)
        for path in (target.parent, target):
            hand_over(path)
        self.log.info("%s: %s bytes to %s; %s", url, f"{target.stat().st_size:,}", target, found)
        return found

    def _source(self) -> tuple[requests.Session, str]:
        """The URL given, else the connection's host with its login, else the default."""
        import requests
        from airflow.providers.http.hooks.http import HttpHook

        if self.url:
            return requests.Session(), self.url
        hook = HttpHook(http_conn_id=self.http_conn_id)
        try:
            session = hook.get_conn()
        except AirflowNotFoundException:
            return requests.Session(), self.default_url
        return session, hook.base_url
