"""Where test servers live, and Debian's PostgreSQL as the oldest one where its package is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN_VERSION = 15
BIN = Path(f"/usr/lib/postgresql/{DEBIAN_VERSION}/bin")
OWNER = "postgres"


def postgres_versions() -> list[int]:
    """The newest and the oldest there is: Debian's where it is there and can be run as its own user,
    else the wheel's older one.
    """
    has_debian = (BIN / "initdb").exists() and os.geteuid() == 0
    return [18, DEBIAN_VERSION if has_debian else 16]


@contextmanager
def server_folder() -> Iterator[Path]:
    """A new folder outside pytest's own: another pytest that starts shuts that one to other users,
    and a server that runs as one of them stops with a PANIC.
    """
    folder = Path(tempfile.mkdtemp(prefix="test-postgres-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def debian_postgres(options: list[str]) -> Iterator[str]:
    """A server of its own, on a Unix socket only; yields the socket's folder."""
    with _initialised() as home, _started(home, ["-h", "''", *options]):
        yield str(home)


@contextmanager
def tls_postgres(port: int, authority: Path, certificate: Path, key: Path) -> Iterator[None]:
    """A server on loopback that admits only TLS connections with a client certificate for the user.

    The embedded server's wheel is built without TLS; Debian's is built with it.
    """
    with _initialised() as home:
        names = {"ssl_ca_file": authority, "ssl_cert_file": certificate, "ssl_key_file": key}
        options = ["-h", "127.0.0.1", "-p", str(port), "-c", "ssl=on"]
        for name, file in names.items():
            given = home / file.name
            shutil.copy(file, given)
            given.chmod(0o600)
            shutil.chown(given, OWNER)
            options += ["-c", f"{name}={given}"]
        rules = "local all all trust\nhostssl all all 127.0.0.1/32 cert\n"
        (home / "data" / "pg_hba.conf").write_text(rules)
        with _started(home, options):
            yield


@contextmanager
def _initialised() -> Iterator[Path]:
    owner = pwd.getpwnam(OWNER)
    with server_folder() as home:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        home.chmod(0o700)  # who can connect to the socket is a superuser: trust
        _run("initdb", "--auth=trust", "--encoding=utf8", "-U", OWNER, "-D", home / "data")
        yield home


@contextmanager
def _started(home: Path, options: list[str]) -> Iterator[None]:
    data, given = home / "data", " ".join([*options, "-k", str(home)])
    _run("pg_ctl", "-w", "-D", data, "-l", home / "log", "-o", given, "start")
    try:
        yield
    finally:
        _run("pg_ctl", "-w", "-m", "immediate", "-D", data, "stop")


def _run(program: str, *args: str | Path) -> None:
    """Quietly, and not by pipes: the server would hold their other end open."""
    subprocess.run(
        [BIN / program, *args],
        user=OWNER,
        cwd="/",
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
