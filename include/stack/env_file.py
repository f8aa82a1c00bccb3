"""The rules for ``.env``, and the problems of a file."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"

FERNET_KEY = "AIRFLOW_FERNET_KEY"
SECRETS = (
    "AIRFLOW_ADMIN_PASSWORD",
    FERNET_KEY,
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_API_SECRET_KEY",
    "METADATA_PASSWORD",
    "METADATA_READER_PASSWORD",
    "WAREHOUSE_LOADER_PASSWORD",
    "WAREHOUSE_READER_PASSWORD",
    "POSTGRES_ADMIN_PASSWORD",
    "PGADMIN_PASSWORD",
    "REDIS_PASSWORD",
)
LONG_SECRETS = ("AIRFLOW_JWT_SECRET", "AIRFLOW_API_SECRET_KEY")
PORTS = ("AIRFLOW_PORT", "WAREHOUSE_PORT", "PGADMIN_PORT")
COMPOSE_S_OWN = ("COMPOSE_", "DOCKER_")
SHORTEST = 12
# As pgAdmin checks it, by the package email-validator, in ASCII.
WORD, LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[a-z\d]([a-z\d-]*[a-z\d])?"
EMAIL = re.compile(
    rf"{WORD}(\.{WORD})*@({LABEL}\.)+[a-z]([a-z\d-]*[a-z\d])?", re.ASCII | re.IGNORECASE
)
RESERVED_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
LINE = re.compile(r"\s*(?:export\s+)?(?P<name>\w+)\s*=\s*(?P<value>.*?)\s*")


def problems(text: str, settings: Mapping[str, str]) -> Iterator[str]:
    """The problems that can be found in the file alone."""
    yield from wrong_lines(text)
    yield from wrong_secrets(settings)
    yield from wrong_ports(settings)
    yield from wrong_executor(settings)
    yield from wrong_repository(settings)
    yield from wrong_email(settings.get("PGADMIN_EMAIL") or "admin@example.com")
    yield from wrong_google(settings)
    month = settings.get("TLC_START_MONTH") or "2099-01"
    if not re.fullmatch("[12][0-9]{3}-(0[1-9]|1[0-2])", month):
        yield f"TLC_START_MONTH={month}: must be a month such as 2026-01"
    parallelism = settings.get("AIRFLOW_PARALLELISM") or "8"
    if not re.fullmatch(r"[1-9]\d*", parallelism):
        yield f"AIRFLOW_PARALLELISM={parallelism}: must be a number, 1 or more"


def wrong_lines(text: str) -> Iterator[str]:
    names = known()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if not found:
            yield f"line {number}: {line.split('=')[0].strip()!r} is not NAME=value"
        elif found["name"] not in names and not found["name"].startswith(COMPOSE_S_OWN):
            near = difflib.get_close_matches(found["name"], names, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; .env.example lists all names"
            yield f"line {number}: there is no setting {found['name']}{hint}"


def wrong_secrets(settings: Mapping[str, str]) -> Iterator[str]:
    for name in SECRETS:
        value = settings.get(name, "")
        if not value:
            yield f"{name} is {'empty' if name in settings else 'missing'}; {INSTEAD[name in settings]}"
        elif is_placeholder(value):
            yield f"{name} is still the one of .env.example; run make env to replace it by a random one"
        elif name == FERNET_KEY:
            if not is_fernet_key(value):
                yield f"{name} must be 32 bytes in URL-safe base64 (44 characters, the last one =)"
        elif len(value) < SHORTEST or not re.fullmatch(r"[\w-]+", value, re.ASCII):
            yield f"{name} must have {SHORTEST} or more letters, digits, - and _"
    yield from shared_secrets(settings)


INSTEAD = {
    True: "set it to change-me and run make env, which replaces it by a random one",
    False: "copy its line from .env.example and run make env, which sets a random one",
}


def shared_secrets(settings: Mapping[str, str]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name in SECRETS:
        value = settings.get(name)
        if value and value in owners:
            yield f"{name} is the same as {owners[value]}: use different secrets"
        elif value:
            owners[value] = name


def wrong_ports(settings: Mapping[str, str]) -> Iterator[str]:
    users: dict[str, str] = {}
    for name in PORTS:
        value = settings.get(name)
        if not value:
            continue
        if not is_port(value):
            yield f"{name}={value}: must be a number from 1 to 65535"
        if value in users:
            yield f"{name}={value}: {users[value]} has the same port"
        users[value] = name


def wrong_executor(settings: Mapping[str, str]) -> Iterator[str]:
    executor = settings.get("AIRFLOW_EXECUTOR") or "LocalExecutor"
    has_workers = "celery" in settings.get("COMPOSE_PROFILES", "").split(",")
    if executor not in ("LocalExecutor", "CeleryExecutor"):
        yield f"AIRFLOW_EXECUTOR={executor}: must be LocalExecutor or CeleryExecutor"
    elif has_workers != (executor == "CeleryExecutor"):
        yield "COMPOSE_PROFILES=celery and AIRFLOW_EXECUTOR=CeleryExecutor belong together: set both, or none"


def wrong_email(email: str) -> Iterator[str]:
    if not EMAIL.fullmatch(email):
        yield f"PGADMIN_EMAIL={email}: must be an e-mail address, such as admin@example.com"
    elif email.rpartition(".")[2].lower() in RESERVED_DOMAINS:
        reserved = ", ".join(f".{domain}" for domain in RESERVED_DOMAINS)
        yield (
            f"PGADMIN_EMAIL={email}: pgAdmin does not start with a reserved domain ({reserved}). Use "
            "another one, such as admin@example.com; nothing is sent there"
        )


def wrong_google(settings: Mapping[str, str]) -> Iterator[str]:
    """A key that is not one is reported without showing it."""
    key, account = settings.get("GOOGLE_KEY"), settings.get("GOOGLE_IMPERSONATE")
    if key and not is_google_key(key):
        yield (
            "GOOGLE_KEY must be the JSON of a service account's key in one line, between single quotes "
            "(docs/google-cloud.md)"
        )
    if account and not re.fullmatch(r"[^@\s,]+@[^@\s,]+(,[^@\s,]+@[^@\s,]+)*", account):
        yield f"GOOGLE_IMPERSONATE={account}: must be a service account's e-mail address"


def is_google_key(value: str) -> bool:
    try:
        key = json.loads(value)
    except ValueError:
        return False
    return isinstance(key, dict) and key.get("type") == "service_account"


HTTP_REPOSITORY = re.compile(r"https?://[\w.-]+(:\d+)?/[\w./~-]+")
SSH_REPOSITORY = re.compile(r"ssh://([\w-]+@)?[\w.-]+(:\d+)?/[\w./~-]+|[\w-]+@[\w.-]+:[\w./~-]+")
# They become part of JSON; a ref never looks like an option.
DAGS_PATTERNS = {
    "DAGS_REF": re.compile(r"[\w.][\w./-]*"),
    "DAGS_FOLDER": re.compile(r"[\w.][\w./-]*"),
    "DAGS_USER": re.compile(r"[\w.@-]+"),
    "DAGS_TOKEN": re.compile(r"[\w.~-]+"),
}


def wrong_repository(settings: Mapping[str, str]) -> Iterator[str]:
    given = {name: value for name, value in settings.items() if name.startswith("DAGS_") and value}
    address = given.pop("DAGS_REPO", "")
    over_ssh = bool(SSH_REPOSITORY.fullmatch(address))
    if given and not address:
        yield f"{min(given)} is set without DAGS_REPO, the repository's address"
    if address and not over_ssh and not HTTP_REPOSITORY.fullmatch(address):
        yield (
            "DAGS_REPO must be https://host/path or git@host:path, without a password in it: "
            "set that as DAGS_TOKEN"
        )
    for name, pattern in DAGS_PATTERNS.items():
        if name in given and not pattern.fullmatch(given[name]):
            yield f"{name} has characters other than {pattern.pattern}"
    key_files = {"DAGS_KEY_FILE", "DAGS_KNOWN_HOSTS_FILE"}
    if over_ssh and not key_files <= set(given):
        yield "DAGS_REPO over ssh needs DAGS_KEY_FILE and DAGS_KNOWN_HOSTS_FILE"
    if over_ssh and "DAGS_TOKEN" in given:
        yield "DAGS_TOKEN is for https; DAGS_REPO is over ssh, which uses DAGS_KEY_FILE"
    if address and not over_ssh and key_files & set(given):
        yield "DAGS_KEY_FILE and DAGS_KNOWN_HOSTS_FILE are for ssh; DAGS_REPO is over http"


def parsed(text: str) -> dict[str, str]:
    found = (
        LINE.fullmatch(line) for line in text.splitlines() if not line.lstrip().startswith("#")
    )
    return {line["name"]: unquoted(line["value"]) for line in found if line}


def unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value.endswith(value[0]) and len(value) > 1:
        return value[1:-1]
    return re.sub(r"\s+#.*", "", value)


def known() -> set[str]:
    """The names in .env.example, including those in its comments."""
    return set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text()))


def is_placeholder(value: str) -> bool:
    return "change-me" in value or value == parsed(EXAMPLE.read_text())[FERNET_KEY]


def is_fernet_key(value: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(value)) == 32
    except (binascii.Error, ValueError):
        return False


def is_port(value: str) -> bool:
    return value.isdecimal() and 1 <= int(value) <= 65535
