"""The statements of the Postgres warehouse, a file each; ``{names}`` are filled by psycopg."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from psycopg import sql


def statement(name: str, **parts: sql.Composable) -> sql.Composed:
    """The statement in ``<name>.sql``, its ``{names}`` replaced by composed identifiers or values."""
    return _text(name).format(**parts)


@cache
def _text(name: str) -> sql.SQL:
    text = files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text)
