"""What runs here."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

from nyc_tlc import __version__
from nyc_tlc.cli.checkup.finding import Finding


def try_versions() -> Iterator[Finding]:
    airflow, python = version("apache-airflow"), platform.python_version()
    yield Finding(
        "airflow", "versions", True, f"Airflow {airflow}, nyc_tlc {__version__}, Python {python}"
    )
