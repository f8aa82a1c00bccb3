"""S3 on loopback: moto as a server, and Airflow's provider for it, in a folder of their own.

They are 30 packages that nothing else here needs, so they are not in the environment: a process that is to
know ``s3://`` has the folder in its PYTHONPATH.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".local" / "s3"
PACKAGES = HOME / "packages"
LOCK = ROOT / "dev" / "locks" / "s3.txt"
START_SECONDS = 60


@contextmanager
def s3_server(log: Path, bucket: str) -> Iterator[dict[str, str]]:
    """A server with an empty bucket; yields the environment of processes that are to use it, and in it
    as LISTING the address that lists the bucket.
    """
    install()
    environment = {"PYTHONPATH": os.pathsep.join([str(PACKAGES), *sys.path])}
    with log.open("w+") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"],
            env={**os.environ, **environment}, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            url = _url(server, log)
            urlopen(Request(f"{url}/{bucket}", method="PUT"), timeout=10)
            extra = {"endpoint_url": url, "region_name": "us-east-1"}
            connection = {"conn_type": "aws", "login": "key", "password": "secret", "extra": extra}
            yield {
                **environment,
                "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
                "LISTING": f"{url}/{bucket}",
            }
        finally:
            server.kill()  # on SIGTERM, it waits for connections that are kept open
            server.wait()


def _url(server: subprocess.Popen[bytes], log: Path) -> str:
    """Flask prints the port that it was given."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        _, found, rest = log.read_text().partition("Running on ")
        if found and "\n" in rest:
            return rest.split()[0]
        time.sleep(0.05)
    raise RuntimeError(f"moto did not start: {log.read_text()[-500:]}")


def install() -> None:
    """Install the packages of the lock that the environment does not have, once."""
    HOME.mkdir(parents=True, exist_ok=True)
    ready = HOME / LOCK.name
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.exists() and ready.read_text() == LOCK.read_text():
            return
        shutil.rmtree(PACKAGES, ignore_errors=True)
        own = set(LOCK.read_text().splitlines()) - set(
            (ROOT / "requirements.txt").read_text().splitlines()
        )
        wanted = HOME / "own.txt"
        wanted.write_text("\n".join(sorted(line for line in own if "==" in line)))
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps"]
        subprocess.run(
            [
                *uv,
                "--python",
                sys.executable,
                "--target",
                str(PACKAGES),
                "--requirements",
                str(wanted),
            ],
            check=True,
        )
        shutil.copy(LOCK, ready)
