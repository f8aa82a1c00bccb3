"""The DAGs of a commit, read from a git repository without changing its work tree."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

PACKAGE = "airflow-provider-nyc-tlc"
VERSION_FILE = "plugins/nyc_tlc/__init__.py"


class RepositoryError(Exception):
    """What was asked of git cannot be answered."""


@dataclass(frozen=True)
class ParsedCommit:
    """``dags``: as Airflow serializes them, by id; ``errors``: by the file's path."""

    dags: Mapping[str, Any]
    errors: Mapping[str, str]


def resolve(ref: str) -> str:
    """The commit that a branch, a tag or an abbreviation names."""
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except RepositoryError:
        raise RepositoryError(
            f"{ref} is not a commit in the git repository of {Path.cwd()}. Fetch it first "
            "(git fetch origin), or name another."
        ) from None


def parse(commits: list[str], folder: str) -> list[ParsedCommit]:
    """Parse the DAG files of several commits, at the same time."""
    with tempfile.TemporaryDirectory() as scratch:
        places = [Path(scratch).resolve() / str(number) for number in range(len(commits))]
        for commit, place in zip(commits, places, strict=True):
            _unpack(commit, folder, place)
        processes = [_parser(place / folder, place / "parsed.json") for place in places]
        return [
            _parsed(process, place / "parsed.json")
            for process, place in zip(processes, places, strict=True)
        ]


def _unpack(commit: str, folder: str, place: Path) -> None:
    """The whole commit, as a bundle has it."""
    with tarfile.open(fileobj=io.BytesIO(_git_bytes("archive", "--format=tar", commit))) as archive:
        archive.extractall(place, filter="data")
    if not (place / folder).is_dir():
        raise RepositoryError(f"{commit[:10]} has no folder {folder}. Name it by --folder.")


def _parser(folder: Path, output: Path) -> subprocess.Popen[str]:
    quiet = {"AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "nyc_tlc.cli.dag_folder", str(folder), str(output)],
        env=dict(os.environ) | quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _parsed(process: subprocess.Popen[str], output: Path) -> ParsedCommit:
    said, _ = process.communicate()
    if process.returncode:
        raise RepositoryError(f"The DAG files could not be parsed: {said.strip()[-500:]}")
    return ParsedCommit(**json.loads(output.read_text(encoding="utf-8")))


def needed_provider(commit: str) -> str | None:
    """The oldest provider that the commit's DAGs are written for: its own, or what it requires."""
    own = re.search(r'^__version__ = "([^"]+)"', _file(commit, VERSION_FILE), re.MULTILINE)
    if own:
        return own[1]
    for line in _file(commit, "requirements.txt").splitlines():
        if re.match(rf"{PACKAGE}\b", line):
            specifiers = Requirement(line.partition(" #")[0].strip(" \\")).specifier
            floors = [each.version for each in specifiers if each.operator in ("==", ">=", "~=")]
            return floors[0] if floors else None
    return None


def changed_files(before: str, after: str, folder: str) -> list[str]:
    names = _git("diff", "--name-only", "-z", before, after, "--", folder)
    return sorted(filter(None, names.split("\0")))


def _file(commit: str, path: str) -> str:
    """Empty where the commit does not have it."""
    try:
        return _git_bytes("show", f"{commit}:{path}").decode("utf-8", "replace")
    except RepositoryError:
        return ""


def _git(*words: str) -> str:
    return _git_bytes(*words).decode("utf-8", "replace").strip()


def _git_bytes(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise RepositoryError("git is not installed here. Install it.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise RepositoryError(f"git {words[0]} failed: {said}")
    return done.stdout
