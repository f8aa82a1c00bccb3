"""What ``airflow tlc doctor`` checks of the machine that it runs on, which may be a container."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from nyc_tlc.cli.checkup import Finding, size
from nyc_tlc.core.private_folder import why_unsafe

HOST = "host"
# As in include/stack/env.py, which checks it before the stack starts.
OLDEST_COMPOSE = (2, 23, 1)
LITTLE_BYTES = 5e9
# Files of a checkout that a shell reads: with CRLF it takes the carriage return for a part of a name.
READ_BY_SHELLS = ("bin/*", "Makefile", "include/**/*.sh", "include/**/Dockerfile", ".env")


def examine_host() -> Iterator[Finding]:
    from airflow.configuration import AIRFLOW_HOME, conf

    yield home(Path(AIRFLOW_HOME))
    yield disk(Path(AIRFLOW_HOME))
    checkout = Path(conf.get("core", "dags_folder")).parent
    if (checkout / "docker-compose.yaml").is_file():
        yield line_ends(checkout)
        yield from secrets(checkout / ".env")
        if shutil.which("docker"):
            yield compose()


def home(folder: Path) -> Finding:
    """Connections, passwords and, by default, landing are there."""
    why = why_unsafe(folder) if folder.exists() else None
    if why is None:
        return Finding(HOST, "AIRFLOW_HOME", True, f"nobody else can write to {folder}")
    advice = f"Only user {os.getuid()} may own it and write to it: chown, chmod go-w."
    return Finding(HOST, "AIRFLOW_HOME", False, f"{folder} is not safe: {why}", advice)


def disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    advice = "" if free >= LITTLE_BYTES else "Airflow's logs need room. Free some space."
    return Finding(HOST, "disk", not advice, f"{size(free)} are free at {there}", advice)


def line_ends(checkout: Path) -> Finding:
    files = [
        file for pattern in READ_BY_SHELLS for file in checkout.glob(pattern) if file.is_file()
    ]
    wrong = [str(file.relative_to(checkout)) for file in files if b"\r\n" in file.read_bytes()]
    if not wrong:
        return Finding(HOST, "line ends", True, "LF")
    advice = rf"In {checkout}: sed -i 's/\r$//' {' '.join(sorted(wrong))}; git config core.autocrlf input"
    return Finding(HOST, "line ends", False, f"CRLF in {', '.join(sorted(wrong))}", advice)


def secrets(env: Path) -> Iterator[Finding]:
    if not env.is_file():
        return
    mode = env.stat().st_mode & 0o777
    seen = f".env has mode {mode:04o}"
    if mode & 0o077:
        yield Finding(HOST, "secrets", False, f"{seen}: others can read it", "chmod 600 .env")
    else:
        yield Finding(HOST, "secrets", True, seen)


def compose() -> Finding:
    command = ["docker", "compose", "version", "--short"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    expected = f"The stack needs Docker Compose {'.'.join(map(str, OLDEST_COMPOSE))} or newer."
    if answer.returncode != 0 or version is None:
        return Finding(HOST, "compose", False, "docker compose does not work", expected)
    seen = f"Docker Compose {version[0].lstrip('v')}"
    if tuple(map(int, version.groups())) < OLDEST_COMPOSE:
        return Finding(HOST, "compose", False, seen, expected)
    return Finding(HOST, "compose", True, seen)
