"""The package's extras: what to install, said where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.providers.common.compat.sdk import AirflowFailException


class ExtraMissingError(AirflowFailException):
    """The task needs a library that an extra of this package installs. No other try can help."""


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """The imports in this block are of libraries that ``extra`` installs."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExtraMissingError(
            f"{error.name} is not installed here. Where tasks run, install the extra {extra}: "
            f"pip install 'airflow-provider-nyc-tlc[{extra}]'."
        ) from error
