"""``python -m dev.dist google|mwaa``: what a managed Airflow is given, as files in ``dist/``.

google: the environment's bucket (``dags/``, ``plugins/``) and the PyPI packages to add. mwaa: ``dags/``,
``plugins.zip`` with the wheel, and ``requirements.txt``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = "/usr/local/airflow/plugins"  # where MWAA unpacks plugins.zip
CONSTRAINTS = (
    "https://raw.githubusercontent.com/apache/airflow/constraints-3.3.1/constraints-3.12.txt"
)
NO_CACHES = shutil.ignore_patterns("__pycache__")
# The package's entry points are not read in a plugins folder; Airflow executes this file there.
PLUGIN = '''"""Registers the timetable and the pages of nyc_tlc, which lies beside this file."""

from nyc_tlc.airflow_plugin import NycTlcPlugin

__all__ = ["NycTlcPlugin"]
'''


def main(kind: str, to: Path) -> None:
    if to.exists():
        shutil.rmtree(to)
    to.mkdir(parents=True)
    shutil.copytree(ROOT / "dags", to / "dags", ignore=NO_CACHES)
    {"google": google, "mwaa": mwaa}[kind](to)
    print(f"{to}: {', '.join(sorted(path.name for path in to.iterdir()))}")


def google(to: Path) -> None:
    plugins = to / "plugins"
    shutil.copytree(ROOT / "plugins" / "nyc_tlc", plugins / "nyc_tlc", ignore=NO_CACHES)
    shutil.copy(ROOT / "plugins" / ".airflowignore", plugins)
    (plugins / "nyc_tlc_plugin.py").write_text(PLUGIN)
    lines = [line for line in requirements("google") if not line.startswith("apache-airflow>")]
    (to / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))


def mwaa(to: Path) -> None:
    wheel = build_wheel(to / "build")
    with zipfile.ZipFile(to / "plugins.zip", "w") as archive:
        archive.write(wheel, wheel.name)
    package = f"airflow-provider-nyc-tlc[aws] @ file://{PLUGINS}/{wheel.name}"
    (to / "requirements.txt").write_text(f'--constraint "{CONSTRAINTS}"\n{package}\n')
    shutil.rmtree(to / "build")


def requirements(*extras: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *(line for extra in extras for line in optional[extra])]


def build_wheel(to: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        str(to),
    ]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    [wheel] = to.glob("*.whl")
    return wheel


if __name__ == "__main__":
    kind = sys.argv[1] if sys.argv[1:2] in (["google"], ["mwaa"]) else sys.exit(__doc__)
    main(kind, ROOT / "dist" / kind)
