"""What the documentation shows: its code blocks, and the commands, JSON and REST calls in them and in tables.

A block that no test can run is marked on the line above it, with the reason: ``<!-- not run: … -->``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
# The order in which a newcomer reads.
READING_ORDER = ("README.md", "first-steps.md", "operations.md", "containers.md")

BLOCK = re.compile(
    r"^(?P<indent> *)(?:<!-- not run: (?P<mark>[^>]+) -->\n+ *)?```(?P<language>\w*)\n"
    r"(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
CODE = re.compile(r"`([^`\n]+)`")
# What stands for something that differs each time. `D` and `ID` are a DAG and a number.
PLACEHOLDER = re.compile(r"…|<[a-z ]+>|\{[a-z_]+\}|\b(?:D|ID|DAG_ID)\b")
REST = re.compile(r"^(POST|PUT|PATCH|GET) /api/v2/(\S+)$")


@dataclass(frozen=True)
class Block:
    """A code block; ``mark`` is why no test runs it."""

    page: str
    line: int
    language: str
    text: str
    mark: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Of a shell block: its commands, each in one line, without comments."""
        return list(_commands(self.text)) if self.language == "bash" else []


@dataclass(frozen=True)
class RestCall:
    """A call of Airflow's REST API, as a table or a sentence shows it."""

    page: str
    method: str
    path: str
    body: dict[str, Any]


def blocks() -> list[Block]:
    return [
        Block(
            page.name,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            _dedented(found["text"], len(found["indent"])),
            found["mark"],
        )
        for page in PAGES
        for text in [page.read_text()]
        for found in BLOCK.finditer(text)
    ]


def code_in_lines() -> Iterator[tuple[str, str]]:
    """Page and text of everything in code outside of blocks."""
    for page in PAGES:
        for found in CODE.findall(BLOCK.sub("", page.read_text())):
            yield page.name, found


def commands(program: str) -> list[tuple[str, list[str]]]:
    """Each complete command of a program, with its page, in reading order and once.

    From blocks that are not marked, and from code in lines. One word after the program is its name.
    """
    every = [(b.page, line) for b in blocks() if b.mark is None for line in b.commands]
    every += [(page, text) for page, text in code_in_lines() if not PLACEHOLDER.search(text)]
    found = [(page, argv) for page, line in every if (argv := _words(line, program))]
    unique: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for page, argv in found:
        unique.setdefault(tuple(argv), (page, argv))
    return sorted(unique.values(), key=lambda each: _rank(each[0]))


def rest_calls() -> list[RestCall]:
    """Each call with its body: the JSON object that follows it in the same row or sentence."""
    calls = []
    for page in PAGES:
        for line in page.read_text().splitlines():
            codes = CODE.findall(line)
            for place, code in enumerate(codes):
                if found := REST.match(code):
                    body = _body_after(codes[place + 1 :])
                    calls.append(RestCall(page.name, found[1], found[2], body))
    return calls


def _body_after(codes: list[str]) -> dict[str, Any]:
    for code in codes:
        if REST.match(code):
            break
        if code.startswith("{") and not PLACEHOLDER.fullmatch(code):
            return dict(json.loads(code))
    return {}


def _rank(page: str) -> int:
    return READING_ORDER.index(page) if page in READING_ORDER else len(READING_ORDER)


def _dedented(text: str, indent: int) -> str:
    return "\n".join(
        line[indent:] if line[:indent].isspace() else line for line in text.splitlines()
    )


def _commands(text: str) -> Iterator[str]:
    """Lines are joined by a backslash, or as long as a quote is open."""
    command = ""
    for line in text.replace("\\\n", " ").splitlines():
        command = f"{command}\n{line}" if command else line
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            continue
        if words:
            yield " ".join(map(shlex.quote, words)) if "\n" not in command else command
        command = ""


def _words(line: str, program: str) -> list[str]:
    """The arguments of the program; assignments before it are skipped. Empty for another program."""
    try:
        words = shlex.split(line.removeprefix("$ "), comments=True)
    except ValueError:
        return []
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    is_it = words and words[0].removeprefix("bin/").removeprefix(".venv/bin/") == program
    return words[1:] if is_it and len(words) > 2 else []
