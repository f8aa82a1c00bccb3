"""Line ends: LF in every checkout, and settings that survive CRLF where one has it all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
SETTINGS = ROOT / "include" / "warehouse" / "use_settings.sh"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("how", ["sourced", "run"])
def test_the_warehouse_uses_its_settings(tmp_path: Path, end: bytes, how: str) -> None:
    """The image's entrypoint sources a script that is not executable, as compose mounts it."""
    script = tmp_path / "use_settings.sh"
    script.write_bytes(SETTINGS.read_bytes().replace(b"\n", end))
    data = tmp_path / "data"
    data.mkdir()
    (data / "postgresql.conf").write_text("port = 5432\n")
    command = ["sh", "-c", f". {script}"] if how == "sourced" else ["sh", str(script)]
    subprocess.run(command, env={"PGDATA": str(data)}, check=True)
    assert [path.name for path in data.iterdir()] == ["postgresql.conf"]
    lines = (data / "postgresql.conf").read_text().splitlines()
    assert lines == ["port = 5432", "include = '/etc/postgresql/warehouse.conf'"]


def test_git_gives_every_checkout_lf_and_leaves_binary_files_alone() -> None:
    def attributes(*paths: str) -> dict[str, str]:
        done = subprocess.run(
            ["git", "check-attr", "-z", "eol", "diff", "--", *paths],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        words = done.stdout.split("\0")[:-1]
        rows = zip(words[0::3], words[1::3], words[2::3], strict=True)
        return {f"{path} {name}": value for path, name, value in rows}

    text, picture, parquet = "include/warehouse/use_settings.sh", "docs/images/dag.png", "a.parquet"
    found = attributes(text, picture, parquet)
    assert found[f"{text} eol"] == "lf"
    for path in (picture, parquet):
        assert found[f"{path} diff"] == "unset"


def test_no_file_of_the_repository_has_crlf() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert [
        line for line in listed.stdout.splitlines() if "i/crlf" in line or "i/mixed" in line
    ] == []
