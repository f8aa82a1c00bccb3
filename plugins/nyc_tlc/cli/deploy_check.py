"""``airflow tlc deploy-check``: what deploying a commit would change, and whether it would work."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import Version

from nyc_tlc import __version__
from nyc_tlc.cli import commits
from nyc_tlc.cli.dag_changes import dag_changes
from nyc_tlc.cli.session import begin, terminal


@dataclass(frozen=True)
class Line:
    """``ok`` is False for what prevents the deployment."""

    of: str
    change: str
    detail: str
    ok: bool = True


def deploy_check(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose)
    try:
        with terminal(stderr=True).status("Parsing the DAG files of both commits"):
            lines = list(compare(args.ref, args.against, args.folder))
    except commits.RepositoryError as error:
        raise SystemExit(str(error)) from error
    _print(lines, args)
    if not all(line.ok for line in lines):
        raise SystemExit(1)


def compare(ref: str, against: str, folder: str) -> Iterator[Line]:
    """Problems first."""
    after, before = commits.resolve(ref), commits.resolve(against)
    parsed, deployed = commits.parse([after, before], folder)
    yield from provider(after, before)
    for path, error in sorted(parsed.errors.items()):
        yield Line(path, "import error", error, ok=False)
    broken = set(parsed.errors)
    for change in dag_changes(deployed.dags, parsed.dags):
        if change.change == "removed" and _file_of(deployed.dags[change.dag_id]) in broken:
            continue  # its file cannot be imported, so Airflow keeps it
        yield Line(change.dag_id, change.change, "\n".join(change.details))
    for path in commits.changed_files(before, after, folder):
        if not path.endswith(".py"):
            yield Line(path, "file changed", "")


def provider(after: str, before: str) -> Iterator[Line]:
    """DAG files come by git; the provider's code does not."""
    needed = commits.needed_provider(after)
    if needed and Version(needed) > Version(__version__):
        detail = f"the commit needs {needed}, {__version__} is installed here. Upgrade it first."
        yield Line(commits.PACKAGE, "too old", detail, ok=False)
    if commits.changed_files(before, after, "plugins/nyc_tlc"):
        detail = (
            "its code changes too, which a bundle does not deploy: install it where Airflow runs"
        )
        yield Line(commits.PACKAGE, "changed", detail)


def _file_of(dag: dict[str, str]) -> str:
    return dag["fileloc"].removeprefix("dags/")


def _print(lines: list[Line], args: argparse.Namespace) -> None:
    if args.output != "table":
        from airflow.cli.simple_table import AirflowConsole

        AirflowConsole().print_as(lines, args.output, mapper=vars)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for line in lines:
        mark = Text("✓", "green") if line.ok else Text("✗", "bold red")
        table.add_row(mark, Text(line.of), line.change, Text(line.detail))
    terminal().print(table)
    wrong = sum(not line.ok for line in lines)
    verdict = f"{wrong} {'problem' if wrong == 1 else 'problems'}" if wrong else "No problems"
    print(f"\nDeploying {args.ref} instead of {args.against}: {len(lines)} changes. {verdict}.")
