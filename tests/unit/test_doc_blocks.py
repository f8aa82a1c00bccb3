"""Every block of the documentation is run by a test, or marked with the reason why none can."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import subprocess
from collections import Counter
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from dev.three_months import HEADINGS
from nyc_tlc.core.errors import NotifierError
from nyc_tlc.notifications import notifier
from tests.support.pages import PAGES, ROOT, Block, blocks, code_in_lines, commands, rest_calls

pytestmark = pytest.mark.unit

# Blocks that no test runs, by page. A new one needs a reason, and a number here.
MARKED = {"google-cloud.md": 6, "deployment.md": 10}
REASONS = (
    "needs an account of Google Cloud",
    "needs an account of AWS",
    "needs a cluster",
    "needs a virtual machine",
)
# By which test the programs of the other shell blocks are run.
PROGRAMS = {
    "airflow": "tests/e2e/test_documentation.py",
    "make": "test_make_has_every_target, .ci/run, tests/docker/stack",
    "python": "test_every_module_that_is_run_exists",
    "export": "test_an_environment_variable_is_a_connection_or_a_setting",
    "pip": "tests/e2e/test_wheel_alone.py",
    ".ci/run": "CI itself",
}
ASSIGNMENT = re.compile(r"[A-Z][A-Z_]+=")
MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")


def of(language: str) -> list[Block]:
    return [block for block in blocks() if block.language == language]


def test_there_are_blocks_commands_and_calls_to_look_at() -> None:
    assert len(blocks()) > 25
    assert len(commands("airflow")) > 15
    assert len(rest_calls()) > 6


def test_every_block_is_of_a_kind_that_a_test_looks_at() -> None:
    assert {block.language for block in blocks()} == {"bash", "ini", "json", "python", "sql", ""}


def test_few_blocks_are_marked_and_each_has_a_reason() -> None:
    marked = [block for block in blocks() if block.mark]
    assert Counter(block.page for block in marked) == MARKED
    assert [str(block) for block in marked if block.mark not in REASONS] == []
    text = "".join(page.read_text() for page in PAGES)
    assert text.count("<!-- not run") == len(marked), "a mark is not above a block"


@pytest.mark.parametrize("block", [b for b in of("bash") if not b.mark], ids=str)
def test_a_shell_block_has_only_programs_that_a_test_runs(block: Block) -> None:
    assert block.commands
    for command in block.commands:
        word = shlex.split(command, comments=True)[0]
        first = Path("export" if ASSIGNMENT.match(word) else word)
        name = str(first) if first.parts[0] == ".ci" else first.name
        assert name in PROGRAMS, f"{block}: run it in a test, or mark the block"


def test_make_has_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = [line for block in of("bash") if not block.mark for line in block.commands]
    shown += [code for _, code in code_in_lines()]
    named = {target for line in shown for target in MAKE.findall(line)}
    assert len(named) > 15
    assert [name for name in sorted(named) if f"\n{name}:" not in makefile] == []


@pytest.mark.parametrize("block", [b for b in of("bash") if not b.mark], ids=str)
def test_make_accepts_the_command_lines(block: Block) -> None:
    """As they stand, without running them: a variable that make does not know is accepted too."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    for command in block.commands:
        if command.startswith("make "):
            words = [*shlex.split(command), "--dry-run", "--old-file", ".venv/.ready"]
            subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True)


def test_every_module_that_is_run_exists() -> None:
    for page, (_, module, *arguments) in commands("python"):
        if module == "build":  # a tool of the person who deploys
            continue
        assert find_spec(module), f"{page}: python -m {module}"
        if module == "pytest":
            paths = [word for word in arguments if word.startswith("tests/")]
            assert [path for path in paths if not (ROOT / path).exists()] == []


def assignments() -> list[tuple[str, str, str]]:
    """Page, name and value of each variable that a shell block sets, as a shell reads it."""
    found = []
    for block in of("bash"):
        for command in block.commands:
            words = shlex.split(command.removeprefix("export "), comments=True)
            if ASSIGNMENT.match(words[0]):
                name, _, value = words[0].partition("=")
                found.append((block.page, name, value))
    return found


@pytest.mark.parametrize(("page", "name", "value"), assignments())
def test_an_environment_variable_is_a_connection_or_a_setting(
    page: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.common.compat.sdk import BaseHook, conf

    monkeypatch.setenv(name, value)
    if name.startswith("AIRFLOW_CONN_"):
        connection = BaseHook.get_connection(name.removeprefix("AIRFLOW_CONN_").lower())
        assert connection.conn_type
        assert connection.host or connection.extra_dejson
    elif name.startswith("AIRFLOW__"):
        _, section, option = name.lower().split("__")
        assert conf.get(section, option) == value
        assert json.loads(value)
    elif f"#{name}=" not in (ROOT / ".env.example").read_text():
        assert name.startswith(("AIRFLOW_VAR_", "TLC_")), page


@pytest.mark.parametrize("block", of("ini"), ids=str)
def test_a_unit_of_systemd_can_be_read(block: Block) -> None:
    parser = configparser.ConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(block.text)
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.mark.parametrize("block", [b for b in of("json") if "sslmode" in b.text], ids=str)
def test_json_of_a_connection_s_extra_has_settings_of_libpq(block: Block) -> None:
    assert make_conninfo(**json.loads(block.text))


@pytest.mark.parametrize("block", [b for b in of("json") if "sslmode" not in b.text], ids=str)
def test_other_json_is_a_setting_of_notifiers(block: Block) -> None:
    """Of providers that are not installed here, the error names the package to install."""
    for entry in json.loads(block.text):
        provider = entry["notifier"].rpartition(".")[0]
        if is_installed(provider):
            assert notifier(entry)
        else:
            with pytest.raises(NotifierError, match=r"\(apache-airflow-providers-"):
                notifier(entry)


def is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_the_layout_in_the_readme_is_the_layout() -> None:
    [tree] = [b.text for b in blocks() if b.page == "README.md" and b.text.startswith("dags/ ")]
    above = {0: ROOT, 2: ROOT / "plugins/nyc_tlc", 4: ROOT / "plugins/nyc_tlc/core"}
    for line in tree.splitlines():
        folder = above[len(line) - len(line.lstrip())]
        paths = [*takewhile(re.compile(r"[\w/]+(/|\.py)").fullmatch, line.split())]
        assert paths
        assert [path for path in paths if not (folder / path).exists()] == []


def test_the_demo_s_table_in_the_readme_has_the_columns_of_the_demo() -> None:
    [table] = [b.text for b in blocks() if b.page == "README.md" and "outcome" in b.text]
    assert re.split(r"\s{2,}", re.sub(r" MB ", "  MB  ", table.splitlines()[0].strip())) == [
        *HEADINGS
    ]


IMAGE = re.compile(r"!\[[^\]]+\]\((?:docs/)?(images/[^)]+)\)")
OLDEST_DAYS = 90


def test_each_picture_is_shown_and_made_by_a_test() -> None:
    shown = {name for page in PAGES for name in IMAGE.findall(page.read_text())}
    there = {f"images/{path.name}" for path in (ROOT / "docs/images").iterdir()}
    assert shown == there
    makers = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert [name for name in sorted(shown) if Path(name).stem not in makers] == []


def test_no_picture_is_much_older_than_the_page_that_shows_it() -> None:
    """`make screenshots` renews them. By the commits; in a clone without history all are of one age."""
    for page in PAGES:
        for name in IMAGE.findall(page.read_text()):
            age = committed(str(page)) - committed(f"docs/{name}")
            assert age < OLDEST_DAYS * 86400, f"{page.name} shows {name}: make screenshots"


@cache
def committed(path: str) -> int:
    """When a file was changed last; 0 where there is no repository."""
    command = ["git", "log", "-1", "--format=%ct", "--", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return int(done.stdout or 0)
