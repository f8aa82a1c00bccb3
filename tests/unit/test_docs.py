"""The documentation: links lead to existing files, and Airflow accepts the command lines."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
TEST = re.compile(r"\(\.\./(tests/[^)]+\.py)\) `(test_\w+)`")
# In a code block, or in code in a line; a line may be continued.
COMMAND = re.compile(r"^\s*(?:\$ )?(?:bin/)?(airflow .+)$|`(?:bin/)?(airflow [^`]+)`", re.MULTILINE)
ELLIPSIS = ("…", "...", "DAG_ID")


def commands() -> list[str]:
    found = [
        " ".join(next(filter(None, match)).split("  #")[0].split())
        for page in PAGES
        for match in COMMAND.findall(page.read_text().replace("\\\n", " "))
    ]
    return sorted({words for words in found if not any(mark in words for mark in ELLIPSIS)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_existing_files(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link.split("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_existing_headings(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in link or not anchor:
            continue
        target = page.parent / path if path else page
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
        assert anchor in anchors, f"{page.name} links to {link}"


def test_every_test_in_the_course_s_table_exists() -> None:
    named = TEST.findall((ROOT / "docs" / "course.md").read_text())
    assert len(named) >= 20
    missing = [
        (path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []


def test_the_docs_have_command_lines() -> None:
    assert len(commands()) > 8


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason="airflow tlc and dags backfill are 3.2's")
@pytest.mark.parametrize("words", commands())
def test_airflow_s_parser_accepts_the_command_lines_in_the_docs(words: str) -> None:
    from airflow.cli.cli_parser import get_parser

    _, *rest = shlex.split(words)
    if len(rest) > 2:
        get_parser().parse_args(rest)
        return
    with pytest.raises(SystemExit) as ended:  # a command's name alone
        get_parser().parse_args([*rest, "--help"])
    assert ended.value.code == 0
