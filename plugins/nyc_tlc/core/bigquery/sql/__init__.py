"""The statements of the BigQuery warehouse, one file per statement.

Values are query parameters. ``{names}`` are replaced by quoted identifiers, or by expressions made
from the contract; never by anything that comes from a file.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def statement(name: str, **parts: str) -> str:
    """The statement in ``<name>.sql`` with its ``{names}`` replaced."""
    return _text(name).format(**parts)


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
