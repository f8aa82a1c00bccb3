"""What ``airflow tlc doctor`` looks at, a module a place."""

from __future__ import annotations

from collections.abc import Iterator

from nyc_tlc.cli.checkup.finding import Finding
from nyc_tlc.cli.checkup.landing import try_landing
from nyc_tlc.cli.checkup.source import try_source
from nyc_tlc.cli.checkup.versions import try_versions
from nyc_tlc.cli.checkup.warehouse import try_warehouse

PLACES = (try_versions, try_warehouse, try_source, try_landing)


def examine() -> Iterator[Finding]:
    """Everything, place by place; one that fails does not keep the others from being tried."""
    for place in PLACES:
        yield from place()


__all__ = ["Finding", "examine"]
