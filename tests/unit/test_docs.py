"""The documentation: links lead to existing files, and Airflow accepts the command lines."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from tests.support.missing import AIRFLOW_3_2

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
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


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason=AIRFLOW_3_2)
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_section_is_empty(page: Path) -> None:
    """A heading is followed by text, or by a heading below it."""
    text = re.sub(r"^```.*?^```", "code", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in text.splitlines() if line.strip()]
    empty = [
        line
        for line, following in zip(lines, [*lines[1:], "# end"], strict=True)
        if line.startswith("#") and following.startswith("#") and level(following) <= level(line)
    ]
    assert empty == []


def test_each_warehouse_has_each_feature_or_a_reason() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.split("## Both warehouses")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    cells = [cell.strip() for row in rows[2:] for cell in row]
    assert len(cells) > 30
    assert len(cells) % 3 == 0
    assert all(cells)
    assert [cell for cell in cells if cell.startswith("no") and ": " not in cell] == []


def level(heading: str) -> int:
    return len(heading) - len(heading.lstrip("#"))


def test_what_contributing_names_is_there() -> None:
    """Files and folders, make's targets, and modules that are run."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = {path for path in re.findall(r"`([\w.]+/[\w./]*)`", page) if not path.startswith("..")}
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    targets = set(re.findall(r"\bmake ([a-z-]+)", page))
    assert len(targets) > 5
    assert [name for name in sorted(targets) if f"\n{name}: " not in makefile] == []
    tests = set(re.findall(r"-m pytest (tests/[\w/.]+)", page))
    assert [path for path in sorted(tests) if not (ROOT / path).exists()] == []


def test_contributing_lists_every_place_of_a_taxi() -> None:
    """A taxi is named in its contract, in the tests' generator, and in the places of that list."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    taxi = re.compile(r"""Taxi\.FHVHV|^\s*"fhvhv":""", re.MULTILINE)
    places = [
        str(path.relative_to(ROOT))
        for folder in ("plugins", "dags", "include")
        for path in (ROOT / folder).rglob("*.py")
        if taxi.search(path.read_text())
    ]
    assert len(places) == 3
    assert [path for path in places if f"`{path}`" not in page] == []


def test_the_workflows_run_what_anyone_can_run() -> None:
    """GitHub's files are YAML, and their commands are those of this repository."""
    import yaml

    files = sorted((ROOT / ".github").rglob("*.y*ml"))
    assert {path.name for path in files} >= {"ci.yaml", "lock.yaml", "dependabot.yml", "bug.yml"}
    loaded = {path.name: yaml.safe_load(path.read_text()) for path in files}
    for workflow, command in (
        ("ci.yaml", ".ci/run"),
        ("lock.yaml", "make upgrade"),
        ("deploy-check.yaml", '.venv/bin/airflow tlc deploy-check HEAD --against "$BASE"'),
    ):
        [job] = loaded[workflow]["jobs"].values()
        assert command in [step.get("run") for step in job["steps"]]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "\nupgrade: " in (ROOT / "Makefile").read_text()
