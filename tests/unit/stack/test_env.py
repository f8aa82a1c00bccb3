"""Problems in .env are reported before anything starts."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import env as stack_env
import pytest
from env_file import EXAMPLE, SECRETS, is_fernet_key, parsed, problems

ROOT = Path(__file__).parents[3]


pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def compose(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Compose that is new enough, on a machine that may have none."""
    monkeypatch.setenv("COMPOSE", program(tmp_path_factory.mktemp("bin"), "echo 2.40.3"))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    stack_env.make(path)
    return path


def wrong(text: str) -> str:
    return "\n".join(problems(text, parsed(text)))


def changed(made: Path, name: str, value: str | None) -> str:
    """The made file with one setting changed, or its line taken out."""
    line = "" if value is None else f"{name}={value}"
    text, count = re.subn(rf"(?m)^#?{name}=.*$", line, made.read_text())
    assert count == 1
    return text


def test_a_new_file_has_its_own_secrets_and_no_problems(made: Path) -> None:
    settings, example = parsed(made.read_text()), parsed(EXAMPLE.read_text())
    assert wrong(made.read_text()) == ""
    assert is_fernet_key(settings["AIRFLOW_FERNET_KEY"])
    assert all(settings[name] != example[name] for name in SECRETS)
    assert len({settings[name] for name in SECRETS}) == len(SECRETS)
    assert made.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("action", [stack_env.make, stack_env.check])
def test_a_copied_file_becomes_private(
    action: Any, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cp .env.example .env makes a file that everyone can read."""
    monkeypatch.setattr(stack_env, "published", lambda: set())
    monkeypatch.setattr(stack_env, "ports_taken", lambda *_: iter(()))
    made.chmod(0o644)
    action(made)
    assert made.stat().st_mode & 0o777 == 0o600


def test_make_keeps_what_was_set_and_fills_only_placeholders(made: Path) -> None:
    made.write_text(changed(made, "REDIS_PASSWORD", "change-me-redis"))
    before = parsed(made.read_text())
    stack_env.make(made)
    after = parsed(made.read_text())
    assert {name for name in after if after[name] != before[name]} == {"REDIS_PASSWORD"}


def test_the_secrets_of_the_example_are_refused() -> None:
    message = wrong(EXAMPLE.read_text())
    assert message.count("run make env to replace it by a random one") == len(SECRETS)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("METADATA_PASSWORD", None, "METADATA_PASSWORD is missing"),
        ("METADATA_PASSWORD", "", "METADATA_PASSWORD is empty"),
        ("METADATA_PASSWORD", "short", "must have 12 or more letters"),
        ("METADATA_PASSWORD", "with@and/in-a-url", "letters, digits, - and _"),
        ("AIRFLOW_FERNET_KEY", "not-a-key-at-all", "32 bytes in URL-safe base64"),
        ("WAREHOUSE_PORT", "post", "WAREHOUSE_PORT=post: must be a number"),
        ("WAREHOUSE_PORT", "65536", "must be a number from 1 to 65535"),
        ("WAREHOUSE_PORT", "8080", "AIRFLOW_PORT has the same port"),
        ("PGADMIN_EMAIL", "admin", "PGADMIN_EMAIL=admin: must be an e-mail address"),
        ("PGADMIN_EMAIL", "me@laptop.local", "pgAdmin does not start with a reserved domain"),
        ("PGADMIN_EMAIL", "me@laptop.INVALID", "pgAdmin does not start with a reserved domain"),
        ("PGADMIN_EMAIL", "me@a.test", "pgAdmin does not start with a reserved domain"),
        ("PGADMIN_EMAIL", "me@my_host.com", "must be an e-mail address"),
        ("PGADMIN_EMAIL", "me..you@a.com", "must be an e-mail address"),
        ("PGADMIN_EMAIL", "me@10.0.0.1", "must be an e-mail address"),
        (
            "GOOGLE_KEY",
            "with@and/in-a-url",
            "GOOGLE_KEY must be the JSON of a service account's key",
        ),
        (
            "GOOGLE_KEY",
            "'[\"with@and\"]'",
            "GOOGLE_KEY must be the JSON of a service account's key",
        ),
        ("GOOGLE_IMPERSONATE", "loader", "must be a service account's e-mail address"),
        ("TLC_START_MONTH", "2026-13", "must be a month such as 2026-01"),
        ("AIRFLOW_PARALLELISM", "many", "must be a number, 1 or more"),
        ("COMPOSE_PROFILES", "celery", "belong together"),
        ("AIRFLOW_EXECUTOR", "CeleryExecutor", "belong together"),
        ("AIRFLOW_EXECUTOR", "DebugExecutor", "must be LocalExecutor or CeleryExecutor"),
    ],
)
def test_one_wrong_setting_gets_one_clear_line(
    made: Path, name: str, value: str | None, message: str
) -> None:
    [line] = wrong(changed(made, name, value)).splitlines()
    assert message in line
    assert "with@and" not in line, "a secret is never shown"


@pytest.mark.parametrize(
    "email", ["admin@example.com", "a.b+c@x-y.co.uk", "me@a.internal", "A@B.DE"]
)
def test_an_address_that_pgadmin_accepts_is_accepted(made: Path, email: str) -> None:
    assert wrong(changed(made, "PGADMIN_EMAIL", email)) == ""


def test_a_key_of_google_in_one_line_is_accepted(made: Path) -> None:
    key = """'{"type": "service_account", "private_key": "-----BEGIN\\nA$B#C=\\n"}'"""
    text = changed(made, "GOOGLE_KEY", key.replace("\\", "\\\\"))
    assert wrong(text) == ""


def program(folder: Path, script: str) -> str:
    file = folder / "docker"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 2.23.0", "is version 2.23.0, which is too old"),
        ("echo 1.29.2", "is version 1.29.2, which is too old"),
        ("echo unknown command: docker compose; exit 1", "compose does not work. Install Docker"),
        ("echo usage", "compose does not work. Install Docker"),
    ],
)
def test_an_old_or_missing_compose_is_reported_before_anything_is_built(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    monkeypatch.setattr(stack_env, "published", lambda: set())
    monkeypatch.setattr(stack_env, "ports_taken", lambda *_: iter(()))
    monkeypatch.setenv("COMPOSE", f"{program(tmp_path, script)} compose")
    with pytest.raises(SystemExit, match=message):
        stack_env.check(made)


@pytest.mark.parametrize("version", ["2.23.1", "v2.40.3-desktop.1", "5.0.0"])
def test_a_new_compose_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("COMPOSE", f"{program(tmp_path, f'echo {version}')} compose")
    assert list(stack_env.wrong_compose()) == []


def test_a_machine_without_docker_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSE", "/nowhere/docker compose")
    [message] = stack_env.wrong_compose()
    assert message.startswith("/nowhere/docker is not installed. Install Docker Desktop")


def test_loader_and_reader_must_not_share_a_password(made: Path) -> None:
    same = parsed(made.read_text())["WAREHOUSE_LOADER_PASSWORD"]
    message = wrong(changed(made, "WAREHOUSE_READER_PASSWORD", same))
    assert message.startswith("WAREHOUSE_READER_PASSWORD is the same as WAREHOUSE_LOADER_PASSWORD")
    assert same not in message


def test_a_misspelt_name_and_a_broken_line_are_reported(made: Path) -> None:
    message = wrong(made.read_text() + "WAREHOSE_PORT=5433\nAIRFLOW_UID 50000\n")
    assert "there is no setting WAREHOSE_PORT; did you mean WAREHOUSE_PORT?" in message
    assert "'AIRFLOW_UID 50000' is not NAME=value" in message


def test_both_settings_for_celery_together_are_valid(made: Path) -> None:
    made.write_text(changed(made, "COMPOSE_PROFILES", "celery"))
    assert wrong(changed(made, "AIRFLOW_EXECUTOR", "CeleryExecutor")) == ""


def test_all_of_compose_s_quoting_styles_are_read() -> None:
    assert parsed("A='x y'\nexport B=\"z\"  \nC=w # why\n#D=1\n") == {
        "A": "x y",
        "B": "z",
        "C": "w",
    }


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield str(busy.getsockname()[1])


def test_a_taken_port_is_reported_unless_the_stack_itself_uses_it(taken_port: str) -> None:
    settings = {"PGADMIN_PORT": taken_port}
    [message] = stack_env.ports_taken(settings, ours=())
    assert message.startswith(f"PGADMIN_PORT={taken_port}: another program uses this port")
    assert list(stack_env.ports_taken(settings, ours={taken_port})) == []


def test_check_reports_all_problems_at_once(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_env, "published", lambda: set())
    made.write_text(changed(made, "REDIS_PASSWORD", "") + "WAREHOUSE=1\n")
    with pytest.raises(SystemExit) as refused:
        stack_env.check(made)
    assert "REDIS_PASSWORD is empty" in str(refused.value)
    assert "there is no setting WAREHOUSE" in str(refused.value)


def test_for_a_missing_file_the_error_shows_how_to_create_it(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Run make env: it creates the file"):
        stack_env.check(tmp_path / ".env")


@pytest.mark.parametrize("action", [stack_env.make, stack_env.check])
def test_for_a_file_that_is_not_text_the_error_shows_how_to_save_it(
    made: Path, action: Any
) -> None:
    made.write_text(made.read_text(), encoding="utf-16")
    with pytest.raises(SystemExit, match="cannot be read as text in UTF-8"):
        action(made)
    made.unlink()
    made.mkdir()
    with pytest.raises(SystemExit, match="Is a directory"):
        action(made)


def test_the_shell_s_settings_override_the_file_s(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_env, "published", lambda: set())
    monkeypatch.setenv("AIRFLOW_PORT", "18080")
    stack_env.show(made)
    assert "http://127.0.0.1:18080 " in capsys.readouterr().out
    monkeypatch.setenv("AIRFLOW_PORT", "post")
    with pytest.raises(SystemExit, match="AIRFLOW_PORT=post"):
        stack_env.check(made)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DAGS_REPO": "https://git.example/us/dags.git", "DAGS_TOKEN": "ghp_1-2"}, ""),
        ({"DAGS_REPO": "http://127.0.0.1:3000/us/dags"}, ""),
        ({"DAGS_TOKEN": "abc"}, "DAGS_TOKEN is set without DAGS_REPO"),
        ({"DAGS_REPO": "https://me:secret@git.example/dags"}, "without a password in it"),
        ({"DAGS_REPO": "file:///etc"}, "must be https://host/path or git@host:path"),
        ({"DAGS_REPO": "https://git.example/a", "DAGS_REF": "--upload-pack=x"}, "DAGS_REF has"),
        ({"DAGS_REPO": "https://git.example/a", "DAGS_TOKEN": 'a"b'}, "DAGS_TOKEN has"),
        ({"DAGS_REPO": "git@git.example:us/dags.git"}, "over ssh needs DAGS_KEY_FILE and"),
        ({"DAGS_REPO": "https://git.example/a", "DAGS_KEY_FILE": "k"}, "are for ssh"),
    ],
)
def test_where_the_dags_come_from_is_checked(
    made: Path, settings: dict[str, str], expected: str
) -> None:
    text = made.read_text() + "".join(f"\n{name}={value}" for name, value in settings.items())
    assert expected in wrong(text) if expected else wrong(text) == ""
    assert "secret@" not in wrong(text)


def test_a_key_must_be_the_containers_user_s_alone(tmp_path: Path) -> None:
    key = tmp_path / "key"
    settings = {"DAGS_KEY_FILE": "key"}
    assert "no such file" in "".join(stack_env.wrong_key_files(settings, tmp_path))
    key.touch(mode=0o644)
    assert "sudo install -o 50000 -m 400" in "".join(stack_env.wrong_key_files(settings, tmp_path))
