"""docs/troubleshooting.md quotes errors as they are printed: by the code here, or by another program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from nyc_tlc.core import errors
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.landing import remote

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
FOLDERS = ("plugins", "include", "dags", "dev")
# Programs that print texts of their own here, without being Python.
OTHER_SOURCES = ("docker-compose.yaml",)
QUOTED = re.compile(r"`([^`]+)`")
ERROR = re.compile(r"^(\w+Error)\b(?:: )?")

# Texts of other programs, by who prints them. The page explains them; nothing here can keep them true.
ELSEWHERE = {
    "Airflow": (
        "airflow dags backfill … has been removed",
        "'YYYY-MM, 2013-08 or later' was expected", "ParamValidationError",
        "The conn_id tlc_postgres isn't defined",
        "Timetable class … is not registered", "Cannot start Task Instance in invalid state",
        "Another backfill is running for Dag …", '{"detail":"Not authenticated"}',
        "Signature verification failed",
    ),
    "Docker": (
        "required variable … is missing a value: is missing in .env, run make env",
        "address already in use", "bind source path does not exist: /var/run/docker.sock",
        "in 18+, these Docker images are configured to store database data in …",
    ),
    "DuckDB": ('Referenced column "…" not found',),
    "pgAdmin": ("The referrer does not match the host",),
    "PgBouncer": ("unsupported startup parameter",),
    "Postgres": ("Connection refused", 'database "…" does not exist'),
    "Python": (
        "ModuleNotFoundError: No module named 'nyc_tlc'", "No such file or directory: '/data/…",
    ),
}  # fmt: skip
COMMANDS = ("airflow ", "make ")


def quoted() -> list[str]:
    """Texts in code in the first column of a table; names and commands are none."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    spans = [text for row in rows for text in QUOTED.findall(row.split("|")[1])]
    texts = [text for text in spans if " " in text or ERROR.match(text)]
    return [text for text in dict.fromkeys(texts) if "…" in text or not text.startswith(COMMANDS)]


@cache
def printed() -> tuple[str, ...]:
    """All string literals but docstrings, and the texts of other sources; what is filled in is …"""
    literals = [
        literal
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for literal in literals_of(ast.parse(path.read_text()))
    ]
    return (*literals, *((ROOT / name).read_text() for name in OTHER_SOURCES))


def literals_of(tree: ast.AST) -> Iterator[str]:
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if node in docstrings:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_printed(text: str) -> bool:
    """Whether one literal has all that is literal in a quoted text, in its order."""
    parts = [re.escape(part.strip()) for part in ERROR.sub("", text).split("…") if part.strip()]
    if not parts:
        return False
    pattern = re.compile(".*".join(parts), re.DOTALL)
    return any(pattern.search(literal) for literal in printed())


def elsewhere() -> set[str]:
    return {text for texts in ELSEWHERE.values() for text in texts}


def test_there_are_texts_to_look_at() -> None:
    assert len(quoted()) > 40


@pytest.mark.parametrize("text", [text for text in quoted() if text not in elsewhere()])
def test_a_quoted_text_is_one_that_the_code_can_print(text: str) -> None:
    named = ERROR.match(text)
    if named:
        assert issubclass(getattr(errors, named[1], None) or getattr(remote, named[1]), TlcError)
    assert is_printed(text) or (named and named[0] == text)


def test_what_others_print_is_on_the_page_and_not_ours() -> None:
    assert elsewhere() - set(quoted()) == set()
    assert [text for text in sorted(elsewhere()) if is_printed(text)] == []


def test_a_text_that_nobody_prints_is_found() -> None:
    assert is_printed("LandingError: … bytes were landed")
    assert not is_printed("LandingError: … is not there with the N bytes")
    assert not is_printed("NotPublishedError: … answered …, then nothing")
