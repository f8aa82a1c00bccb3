"""A lane with datasets and a bucket of its own on Google Cloud's emulators (``dev/emulators.py``)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from chaos.lane import Lane, Load
from chaos.versions import MONTH
from chaos.views import BigQueryView
from dev.emulators import PROJECT, Emulators

if TYPE_CHECKING:
    from collections.abc import Iterator


class BigQueryLane(Lane):
    """The emulators serve one load in some seconds: time limits and the observer are slower."""

    warehouse = "bigquery"
    away = (requests.RequestException,)
    poll_seconds = (0.5, 2.0)
    clean_seconds = 5.0  # on two idle cores
    run_seconds = 60.0

    def __init__(self, *args: Any, emulators: Emulators) -> None:
        super().__init__(*args)
        self.emulators = emulators
        self.dataset = self.home.name.replace("-", "_")
        self.place = {
            "project": PROJECT, "location": "US", "bucket": f"{self.home.name}-bucket",
            "dataset": self.dataset,
        }  # fmt: skip
        self.port, self.upload_port = map(_port_of, (emulators.bigquery, emulators.storage))

    def open(self) -> None:
        bucket = {"name": f"{self.home.name}-bucket"}
        requests.post(
            f"{self.emulators.storage}/storage/v1/b?project={PROJECT}", json=bucket, timeout=60
        ).raise_for_status()
        for name in (self.dataset, f"{self.dataset}_staging"):
            reference = {"datasetReference": {"projectId": PROJECT, "datasetId": name}}
            requests.post(f"{self._url}/datasets", json=reference, timeout=60).raise_for_status()
        self.clock_clean_load()

    def close(self) -> None:
        """The emulators end with the bench."""

    @contextmanager
    def view(self) -> Iterator[BigQueryView]:
        with requests.Session() as session:
            yield BigQueryView(session, self._url, self.dataset, self.taxi)

    def connections(self, load: Load) -> dict[str, str]:
        assert load.upload_proxy
        ports = (load.upload_proxy.port, load.proxy.port)
        return Emulators(*(f"http://127.0.0.1:{port}" for port in ports)).environment

    def leftovers(self) -> list[str]:
        return [f"staging table: {name}" for name in self._staging_tables()] + self.parts()

    def forget_loads(self) -> None:
        with self.view() as view:
            view.query(f"DELETE FROM {self.dataset}.tlc_load WHERE file_month = DATE '{MONTH}-01'")

    def forget_month(self) -> None:
        for table in (self.trips, "tlc_load", "tlc_reject"):
            self._drop(self.dataset, table)
        self.current = None

    def sweep(self) -> None:
        for table in self._staging_tables():
            self._drop(f"{self.dataset}_staging", table)
        super().sweep()

    def _staging_tables(self) -> list[str]:
        answer = requests.get(f"{self._url}/datasets/{self.dataset}_staging/tables", timeout=60)
        answer.raise_for_status()
        return [table["tableReference"]["tableId"] for table in answer.json().get("tables", [])]

    def _drop(self, dataset: str, table: str) -> None:
        requests.delete(f"{self._url}/datasets/{dataset}/tables/{table}", timeout=60)

    @property
    def _url(self) -> str:
        return f"{self.emulators.bigquery}/bigquery/v2/projects/{PROJECT}"


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port
