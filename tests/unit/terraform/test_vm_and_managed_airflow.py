"""Terraform for a machine with the stack, and for Managed Airflow: what it opens, grants, and starts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from dev.dist import requirements

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[3] / "include" / "terraform"
PLAIN = hcl2.SerializationOptions(
    strip_string_quotes=True, explicit_blocks=False, with_comments=False
)
CLOUD_INIT = FOLDER / "vm" / "cloud-init.yaml"


def source(module: str) -> str:
    return "\n".join(path.read_text() for path in sorted((FOLDER / module).glob("*.tf")))


def resources(module: str) -> dict[str, Any]:
    parsed: dict[str, Any] = hcl2.loads(source(module), serialization_options=PLAIN)
    return {
        f"{kind}.{name}": body
        for block in parsed["resource"]
        for kind, named in block.items()
        for name, body in named.items()
    }


@pytest.mark.parametrize("module", ["vm", "managed-airflow"])
def test_every_reference_exists_and_every_variable_is_used(module: str) -> None:
    text = source(module)
    declared = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    referred = re.findall(r"\b((?:google|random)_\w+\.\w+)\.\w+", text)
    assert set(referred) <= set(resources(module))
    assert len(set(referred)) > 3


def test_only_ssh_by_identity_aware_proxy_reaches_the_machine() -> None:
    found = resources("vm")
    [firewall] = [body for name, body in found.items() if "firewall" in name]
    assert firewall["source_ranges"] == ["35.235.240.0/20"]
    assert firewall["allow"] == [{"protocol": "tcp", "ports": ["22"]}]
    assert [name for name in found if "_iam_" in name] == []
    metadata = found["google_compute_instance.stack"]["metadata"]
    assert metadata["enable-oslogin"] == metadata["block-project-ssh-keys"] == "TRUE"
    assert 'templatefile("${path.module}/cloud-init.yaml"' in metadata["user-data"]


def cloud_init(repository: str, ref: str) -> dict[str, Any]:
    """As Terraform's templatefile renders it."""
    text = CLOUD_INIT.read_text()
    assert set(re.findall(r"(?<!\$)\$\{(\w+)\}", text)) == {"repository", "ref"}
    text = re.sub(r"(?<!\$)\$\{repository\}", repository, text)
    text = re.sub(r"(?<!\$)\$\{ref\}", ref, text).replace("$${", "${")
    assert text.startswith("#cloud-config\n")
    return dict(yaml.safe_load(text))


def test_cloud_init_installs_docker_and_then_starts_the_stack() -> None:
    found = cloud_init("https://example.com/x.git", "main")
    assert {"docker.io", "docker-compose-v2", "git", "make"} <= set(found["packages"])
    [script] = found["write_files"]
    assert script["permissions"] == "0755"
    assert found["runcmd"] == [["systemctl", "enable", "--now", "docker"], [script["path"]]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a branch, whose ``make up`` notes where it runs."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Makefile").write_text("up:\n\t@pwd >>started\n")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(folder)]
    for words in (["init", "-qb", "course"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run([*git, *words], check=True)
    return folder


def test_its_script_clones_the_branch_and_starts_the_stack_each_time(
    repository: Path, tmp_path: Path
) -> None:
    [script] = cloud_init(repository.as_uri(), "course")["write_files"]
    program, home = tmp_path / "install", tmp_path / "home"
    program.write_text(script["content"])
    for _ in range(2):  # as when a person runs it again
        subprocess.run(["sh", str(program), str(home)], check=True, env=dict(os.environ))
    assert (home / "started").read_text() == f"{home}\n" * 2


def test_its_script_fails_where_the_stack_does_not_start(repository: Path, tmp_path: Path) -> None:
    [script] = cloud_init(repository.as_uri(), "no-such-branch")["write_files"]
    program = tmp_path / "install"
    program.write_text(script["content"])
    done = subprocess.run(
        ["sh", str(program), str(tmp_path / "home")], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "no-such-branch" in done.stderr


def test_managed_airflow_has_the_fewest_rights() -> None:
    found = resources("managed-airflow")
    given = {name.split(".")[0]: body for name, body in found.items() if "_iam_" in name}
    assert {kind: body["role"] for kind, body in given.items()} == {
        "google_project_iam_member": "roles/composer.worker",
        "google_storage_bucket_iam_member": "roles/storage.objectUser",
        "google_secret_manager_secret_iam_member": "roles/secretmanager.secretAccessor",
    }
    account = "${google_service_account.airflow"
    assert {body["member"] for body in given.values()} == {f"{account}.member}}"}
    [config] = found["google_composer_environment.airflow"]["config"]
    [node] = config["node_config"]
    assert node["service_account"] == f"{account}.email}}"


def test_the_warehouse_has_no_public_address_and_only_tls() -> None:
    [settings] = resources("managed-airflow")["google_sql_database_instance.warehouse"]["settings"]
    [network] = settings["ip_configuration"]
    assert network["ipv4_enabled"] is False
    assert network["ssl_mode"] == "ENCRYPTED_ONLY"
    assert settings["backup_configuration"][0]["enabled"] is True
    assert 'sslmode = "require"' in source("managed-airflow")


def test_the_connection_is_where_airflow_s_secrets_backend_looks() -> None:
    from airflow.providers.google.cloud.secrets.secret_manager import CloudSecretManagerBackend

    [config] = resources("managed-airflow")["google_composer_environment.airflow"]["config"]
    [software] = config["software_config"]
    overrides = software["airflow_config_overrides"]
    name = CloudSecretManagerBackend.__name__
    assert overrides["secrets-backend"] == f"{CloudSecretManagerBackend.__module__}.{name}"
    backend = CloudSecretManagerBackend.__new__(CloudSecretManagerBackend)
    secret = backend.build_path("airflow-connections", "tlc_postgres", "-")
    named = resources("managed-airflow")["google_secret_manager_secret.connection"]["secret_id"]
    assert named == secret
    assert software["env_variables"]["AIRFLOW_VAR_TLC_LANDING"].startswith("gs://google_cloud_")


def test_each_line_of_the_package_list_is_a_name_and_its_versions() -> None:
    """As main.tf splits them; a name twice would lose a package."""
    name = re.compile(r"^[A-Za-z0-9._-]+")
    assert f'"{name.pattern}"' in source("managed-airflow")
    names = [name.match(line) for line in requirements("google")]
    assert all(names)
    assert len({match[0] for match in names if match}) == len(names) > 10
