"""``python dev/locks/constraints.py CONSTRAINTS``: what Airflow's official constraints pin of ours.

Prints the versions of this package's direct dependencies that a constraints file names, as a lock's
``.in`` file: the packages that someone has who installs Airflow as its documentation says.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

EXTRAS = ("docker", "google", "openlineage")
PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def main(constraints: Path) -> None:
    version = re.fullmatch(r"airflow-([\d.]+)-constraints\.txt", constraints.name)
    if version is None:
        raise SystemExit(f"Expected a file airflow-VERSION-constraints.txt, got {constraints.name}")
    print(
        f"# Our direct dependencies, as the official constraints of Airflow {version[1]} pin them:"
    )
    print(f"# python dev/locks/constraints.py {constraints.name}")
    print(f"apache-airflow=={version[1]}")
    pins = dict(line.split("==") for line in constraints.read_text().split("\n") if "==" in line)
    for name in direct_dependencies():
        if name in pins:
            print(f"{name}=={pins[name]}")


def direct_dependencies() -> list[str]:
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    extras = project["optional-dependencies"]
    required = [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]
    return sorted(re.split(r"[^\w-]", requirement)[0] for requirement in required)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
