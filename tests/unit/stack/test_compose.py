"""The guarantees of docker-compose.yaml, checked in the configuration that Compose resolves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose_tool import compose, dags_settings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yaml"
ONE_SHOTS = {"init", "roles"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    shown = compose("--profile", "celery", "config", "--format", "json")
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads(shown.stdout)["services"])


@pytest.mark.parametrize("profile", [(), ("--profile", "celery")], ids=["local", "celery"])
def test_config_is_clean(profile: tuple[str, ...]) -> None:
    shown = compose(*profile, "config", "--quiet")
    assert (shown.returncode, shown.stdout + shown.stderr) == (0, "")


def test_without_an_env_file_compose_shows_what_to_do() -> None:
    shown = compose("config", "--quiet", env_file="/dev/null")
    assert shown.returncode != 0
    assert "is missing in .env, run make env" in shown.stderr


def test_what_is_published_is_on_loopback_only(services: dict[str, Any]) -> None:
    published = {
        name: [(port["host_ip"], port["published"]) for port in service["ports"]]
        for name, service in services.items()
        if "ports" in service
    }
    assert published == {
        "api-server": [("127.0.0.1", "8080")],
        "warehouse": [("127.0.0.1", "5432")],
        "pgadmin": [("127.0.0.1", "5050")],
    }


def test_only_the_proxy_has_the_engine_s_socket(services: dict[str, Any]) -> None:
    has_socket = {
        name for name, service in services.items() if "docker.sock" in json.dumps(service)
    }
    reach_proxy = {
        name
        for name, service in services.items()
        if "docker-api" in (service.get("networks") or {})
    }
    assert has_socket == {"socket-proxy"}
    assert reach_proxy == {"socket-proxy", "scheduler", "worker"}


def test_every_service_is_bounded_and_unprivileged(services: dict[str, Any]) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"memory", "pids"} <= set(limits), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert service["restart"] == ("no" if name in ONE_SHOTS else "unless-stopped"), name
        assert ("healthcheck" in service) == (name not in ONE_SHOTS), name


def test_airflow_s_services_share_their_secrets(services: dict[str, Any]) -> None:
    airflow = [
        service["environment"] for service in services.values() if "airflow" in service["image"]
    ]
    assert len(airflow) == 6
    for name in ("API_AUTH__JWT_SECRET", "API__SECRET_KEY", "CORE__FERNET_KEY"):
        assert len({each[f"AIRFLOW__{name}"] for each in airflow}) == 1
    one = airflow[0]
    assert one["AIRFLOW__API_AUTH__JWT_SECRET"] != one["AIRFLOW__API__SECRET_KEY"]


def test_the_reader_has_a_password_per_database(services: dict[str, Any]) -> None:
    roles = services["roles"]["environment"]
    assert roles["WAREHOUSE_READER_PASSWORD"] != roles["METADATA_READER_PASSWORD"]
    shown = compose("config", "--format", "json").stdout
    lines = json.loads(shown)["configs"]["pgpass"]["content"].splitlines()
    passwords = {line.split(":")[0]: line.split(":")[-1] for line in lines}
    assert passwords == {
        "warehouse": roles["WAREHOUSE_READER_PASSWORD"],
        "metadata": roles["METADATA_READER_PASSWORD"],
    }


# The oldest release of each without a known security fault: Postgres's CVE-2026-2005, and Redis's urgent
# release of July 2026 (docker-library/official-images#21922).
RELEASES = {"postgres": (18, 6), "redis": (8, 2, 8), "dpage/pgadmin4": (9, 18)}


def test_every_image_is_pinned_to_a_release_and_not_an_old_one(services: dict[str, Any]) -> None:
    foreign = {service["image"] for service in services.values() if "build" not in service}
    pinned = dict(image.partition("@")[0].split(":") for image in foreign)
    releases = {name: tuple(map(int, tag.split("-")[0].split("."))) for name, tag in pinned.items()}
    assert set(releases) == set(RELEASES)
    for name, oldest in RELEASES.items():
        assert len(releases[name]) == len(oldest), f"{name}:{pinned[name]} floats"
        assert releases[name] >= oldest, f"{name}:{pinned[name]} is old"


def test_the_file_has_no_secrets() -> None:
    text = FILE.read_text()
    for line in re.findall(r".*(?:PASSWORD|SECRET|FERNET)\w*:\s*\S.*", text):
        assert re.search(
            r"\$\{|\$\$|/run/secrets/|passwords\.json|MASTER_PASSWORD_REQUIRED", line
        ), line


def test_the_warehouse_volume_is_where_postgres_18_keeps_its_data(services: dict[str, Any]) -> None:
    for name in ("warehouse", "metadata"):
        targets = {volume["source"]: volume["target"] for volume in services[name]["volumes"]}
        assert targets[name] == "/var/lib/postgresql"


def test_the_example_has_exactly_the_names_that_the_files_use() -> None:
    files = FILE.read_text() + (ROOT / "include/stack/tls.yaml").read_text()
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", files))
    offered = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text()))
    of_compose = {"COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_FILE"}
    assert offered - of_compose == asked - of_compose


def test_pgadmin_s_servers_are_the_services_by_name(services: dict[str, Any]) -> None:
    declared = json.loads((ROOT / "include/stack/pgadmin/servers.json").read_text())["Servers"]
    assert {server["Host"] for server in declared.values()} == {"warehouse", "metadata"}
    assert {server["Host"] for server in declared.values()} <= set(services)
    assert {server["Username"] for server in declared.values()} == {"reader"}


def test_the_dags_are_the_image_s_without_a_repository(tmp_path: Path) -> None:
    bundle, _ = dags_settings(tmp_path)
    assert bundle["classpath"].endswith(".LocalDagBundle")
    assert bundle["kwargs"] == {}


def test_the_dags_come_from_a_repository_with_a_token(tmp_path: Path) -> None:
    repo = "https://git.example/us/dags.git"
    bundle, connection = dags_settings(tmp_path, DAGS_REPO=repo, DAGS_REF="v1", DAGS_TOKEN="t0k")
    assert bundle == {
        "name": "dags-folder",
        "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
        "kwargs": {
            "git_conn_id": "dags_repo", "tracking_ref": "v1", "subdir": "dags",
            "refresh_interval": 30,
        },
    }  # fmt: skip
    assert connection == {
        "conn_type": "git", "host": repo, "login": "git", "password": "t0k", "extra": {},
    }  # fmt: skip


def test_the_dags_come_from_a_repository_with_a_key(tmp_path: Path) -> None:
    """The server is verified by known_hosts; the files are secrets of Airflow's services only."""
    _, connection = dags_settings(
        tmp_path, DAGS_REPO="git@git.example:us/dags.git", DAGS_KEY_FILE="./dags_key"
    )
    assert connection["extra"] == {
        "key_file": "/run/secrets/dags-key",
        "known_hosts_file": "/run/secrets/dags-known-hosts",
        "strict_host_key_checking": "yes",
    }


def test_only_airflow_has_the_key(services: dict[str, Any]) -> None:
    have = {name for name, service in services.items() if service.get("secrets")}
    assert have == {name for name, service in services.items() if "airflow" in service["image"]}
