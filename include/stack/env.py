"""Creates and checks the stack's ``.env`` before anything starts.

``python3 include/stack/env.py make`` replaces each ``change-me`` by a random secret; ``check`` lists all
problems; ``show`` prints the addresses of the stack. It needs only Python, because it runs before
anything is installed.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from env_file import (
    EXAMPLE,
    FERNET_KEY,
    LONG_SECRETS,
    PORTS,
    ROOT,
    SECRETS,
    is_placeholder,
    is_port,
    known,
    parsed,
    problems,
)

ENV = ROOT / ".env"
# The first that reads configs from the compose file itself (content:).
OLDEST_COMPOSE = (2, 23, 1)
INSTALL_COMPOSE = (
    "Install Docker Desktop, or the plugin docker-compose-plugin beside Docker Engine (Compose "
    f"{'.'.join(map(str, OLDEST_COMPOSE))} or newer)"
)


def main() -> None:
    action = {"make": make, "check": check, "show": show}.get("".join(sys.argv[1:]))
    if action is None:
        raise SystemExit("usage: env.py make|check|show")
    action()


def make(env: Path = ENV) -> None:
    """Create the file if it is missing; replace each change-me by a random secret."""
    text = contents(env if env.exists() else EXAMPLE)
    if not env.exists():
        this_month = f"{datetime.now(timezone.utc):%Y-%m}"  # noqa: UP017  Python 3.9 is enough
        text = re.sub(r"(?m)^(TLC_START_MONTH)=.*$", rf"\1={this_month}", text)
    placeholders = {name: value for name, value in parsed(text).items() if is_placeholder(value)}
    for name in set(placeholders) & set(SECRETS):
        text = re.sub(rf"(?m)^({name})=.*$", rf"\1={new_secret(name)}", text)
    env.touch(mode=0o600)
    keep_private(env)
    env.write_text(text)
    print(
        f"{env.name}: {len(placeholders)} new secrets"
        if placeholders
        else f"{env.name} is unchanged"
    )


def check(env: Path = ENV) -> None:
    """Exits with 1 and a list of all problems."""
    if not env.exists():
        raise SystemExit(
            f"{env.name} is missing. Run make env: it creates the file with random secrets."
        )
    keep_private(env)
    text, settings = contents(env), settings_of(env)
    wrong = [
        *problems(text, settings),
        *ports_taken(settings, published()),
        *wrong_key_files(settings, env.parent),
        *wrong_compose(),
    ]
    if wrong:
        raise SystemExit("\n".join([f"{env.name} has problems:", *(f"  {each}" for each in wrong)]))


def keep_private(env: Path) -> None:
    """Only its owner may read the file, also when it was copied from the example (0644)."""
    try:
        env.chmod(0o600)
    except PermissionError as error:
        raise SystemExit(
            f"{env.name} belongs to another user ({error}), who can read its secrets. Move it away "
            "and run make env, which makes a new one."
        ) from error


def settings_of(env: Path) -> dict[str, str]:
    """The settings as Compose reads them: the shell's environment overrides the file."""
    return parsed(contents(env)) | {name: os.environ[name] for name in known() & set(os.environ)}


def contents(env: Path) -> str:
    """Exits with 1 if the file cannot be read: a folder, or text that an editor saved as UTF-16."""
    try:
        return env.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(
            f"{env.name} cannot be read as text in UTF-8 ({error}). Save it as UTF-8, or move it away "
            "and run make env to create a new one."
        ) from error


def show(env: Path = ENV) -> None:
    """Print the addresses of the stack, without passwords."""
    settings = {**parsed(EXAMPLE.read_text()), **settings_of(env)}
    for place, how in (
        (f"http://127.0.0.1:{settings['AIRFLOW_PORT']}", "Airflow: admin, AIRFLOW_ADMIN_PASSWORD"),
        (
            f"http://127.0.0.1:{settings['PGADMIN_PORT']}",
            f"pgAdmin: {settings['PGADMIN_EMAIL']}, PGADMIN_PASSWORD",
        ),
        (
            f"127.0.0.1:{settings['WAREHOUSE_PORT']}",
            "warehouse: reader or loader, WAREHOUSE_…_PASSWORD (or make psql-stack)",
        ),
    ):
        print(f"  {place:24} {how}")
    print(f"The passwords are in {env.name}.")


def ports_taken(settings: Mapping[str, str], ours: Collection[str]) -> Iterator[str]:
    """A problem for each port that another program uses; ``ours``: ports of the running stack."""
    for name in PORTS:
        port = settings.get(name) or ""
        if is_port(port) and port not in ours and is_taken(int(port)):
            yield f"{name}={port}: another program uses this port; choose a free one"


def wrong_compose() -> Iterator[str]:
    """A problem if ``docker compose`` is missing or too old; Make gives its own command in COMPOSE."""
    command = os.environ.get("COMPOSE", "docker compose").split()
    try:
        answer = subprocess.run(
            [*command, "version", "--short"], capture_output=True, text=True, check=False
        )
    except OSError:
        yield f"{command[0]} is not installed. {INSTALL_COMPOSE}"
        return
    version = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    if answer.returncode != 0 or version is None:
        yield f"{' '.join(command)} does not work. {INSTALL_COMPOSE}"
    elif tuple(map(int, version.groups())) < OLDEST_COMPOSE:
        yield f"{' '.join(command)} is version {version[0]}, which is too old. {INSTALL_COMPOSE}"


AIRFLOW_USER = 50000


def wrong_key_files(settings: Mapping[str, str], project: Path) -> Iterator[str]:
    """Compose mounts these files as they are, so the containers' user must be able to read them."""
    for name in ("DAGS_KEY_FILE", "DAGS_KNOWN_HOSTS_FILE"):
        path = project / settings.get(name, "")
        if not settings.get(name):
            continue
        if not path.is_file():
            yield f"{name}={settings[name]}: there is no such file"
        elif name == "DAGS_KEY_FILE" and sys.platform == "linux" and not is_private_key(path):
            yield (
                f"{name}={settings[name]}: ssh in the containers needs a key that only user "
                f"{AIRFLOW_USER} can read: sudo install -o {AIRFLOW_USER} -m 400 YOUR_KEY {path}"
            )


def is_private_key(path: Path) -> bool:
    found = path.stat()
    return found.st_uid == AIRFLOW_USER and not found.st_mode & 0o077


def published() -> set[str]:
    """The ports that the running stack publishes on this machine."""
    try:
        listed = subprocess.run(
            ["docker", "compose", "ps", "--format", "{{.Ports}}"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
    except OSError:
        return set()
    return set(re.findall(r":(\d+)->", listed))


def is_taken(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return False
        except OSError:
            return True
    return False


def new_secret(name: str) -> str:
    if name == FERNET_KEY:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(32 if name in LONG_SECRETS else 16)


if __name__ == "__main__":
    main()
