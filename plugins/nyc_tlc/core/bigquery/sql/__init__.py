"""The statements of the BigQuery warehouse, a file each.

Values travel as query parameters. ``{names}`` are filled with quoted identifiers, or with
expressions rendered from the contract; nothing that comes from a file is among them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def statement(name: str, **parts: str) -> str:
    """The statement in ``<name>.sql``, its ``{names}`` replaced."""
    return _text(name).format(**parts)


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
