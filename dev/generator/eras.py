"""The layouts of TLC's files over time. To add an era, add an entry to one of the lists below."""

from __future__ import annotations

from collections.abc import Iterable

from dev.generator import for_hire, street, street_csv
from dev.generator.era import Era

ERAS = (*street.ERAS, *for_hire.ERAS)
CSV_ERAS = (*street_csv.CSV_ERAS, *for_hire.CSV_ERAS)


def era_of(taxi: str, month: str) -> Era:
    """The era of TLC's Parquet files in a month."""
    return _newest(ERAS, taxi, month)


def csv_era_of(taxi: str, month: str) -> Era:
    """The era of TLC's own CSV files in a month."""
    return _newest(CSV_ERAS, taxi, month)


def _newest(eras: Iterable[Era], taxi: str, month: str) -> Era:
    known = [era for era in eras if era.taxi == taxi]
    begun = [era for era in known if era.since <= month]
    if not begun:
        raise ValueError(f"No era of {taxi} in {month}. Known: {[era.since for era in known]}.")
    return max(begun, key=lambda era: era.since)
