"""The Terraform files create what tlc_gcp_setup creates, with the documented roles."""

from __future__ import annotations

import ast
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

from nyc_tlc.core.bigquery import setup
from nyc_tlc.core.bigquery.place import PREPARED_PREFIX, RAW_PREFIX, STAGING
from nyc_tlc.core.bigquery.server_errors import NO_RIGHTS
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD
from tests.support.missing import needs

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "include" / "terraform"
ROLE = re.compile(r"roles/[\w.]+")
PLAIN = hcl2.SerializationOptions(
    strip_string_quotes=True, explicit_blocks=False, with_comments=False
)
SOURCE = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.tf")))
PARSED: dict[str, Any] = hcl2.loads(SOURCE, serialization_options=PLAIN)
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
NO_TERRAFORM = needs("terraform", "install terraform or tofu")


def named(kind: str) -> dict[str, Any]:
    """The blocks of a kind by their one label: ``variable``, ``output``."""
    return {name: body for block in PARSED[kind] for name, body in block.items()}


def resources() -> dict[str, Any]:
    """By type and name, as Terraform refers to them."""
    return {
        f"{kind}.{name}": body
        for block in PARSED["resource"]
        for kind, named_bodies in block.items()
        for name, body in named_bodies.items()
    }


def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resources()[name]
    return found


def test_the_bucket_is_the_one_that_setup_creates() -> None:
    bucket = resource("google_storage_bucket.raw")
    assert bucket["uniform_bucket_level_access"] is True
    assert bucket["public_access_prevention"] == "enforced"
    assert bucket["labels"] == "${local.labels}"
    assert _locals()["labels"] == setup.LABELS
    [dynamic] = bucket["dynamic"]
    [content] = dynamic["lifecycle_rule"]["content"]
    assert content["action"] == [{"type": "Delete"}]
    [condition] = content["condition"]
    assert condition["matches_prefix"] == [RAW_PREFIX]
    [staging] = bucket["lifecycle_rule"]
    assert staging["condition"] == [{"age": 1, "matches_prefix": [PREPARED_PREFIX]}]


def test_the_datasets_are_the_ones_that_setup_creates() -> None:
    assert _locals()["staging_dataset"] == "${var.gcp_dataset}" + STAGING
    trips, staging = (resource(f"google_bigquery_dataset.{name}") for name in ("trips", "staging"))
    assert "default_table_expiration_ms" not in trips
    factors = staging["default_table_expiration_ms"].strip("${}").split("*")
    assert math.prod(map(int, factors)) == setup.STAGING_MILLISECONDS
    assert trips["labels"] == staging["labels"] == "${local.labels}"
    assert trips["location"] == staging["location"] == "${var.gcp_location}"


def test_the_roles_are_minimal_and_match_the_error_message() -> None:
    given = {name: body for name, body in resources().items() if "_iam_" in name}
    loader = "${google_service_account.loader.member}"
    assert {body["member"] for body in given.values()} == {loader}
    roles = {body["role"] for body in given.values()}
    assert roles == set(ROLE.findall(NO_RIGHTS))
    assert roles == set(ROLE.findall(_table_of_roles()))
    on_the_project = {b["role"] for name, b in given.items() if "google_project_" in name}
    assert on_the_project == {"roles/bigquery.jobUser"}
    assert not {role for role in roles if "admin" in role.lower()} - {"roles/storage.objectAdmin"}


def test_the_variables_are_airflows_with_the_same_defaults() -> None:
    variables = named("variable")
    assert all(body["description"] and body["type"] for body in variables.values())
    airflows = dict(
        ast.literal_eval(re.findall(r"get(\(.*\))", template)[0])
        for template in GOOGLE_CLOUD["place"].values()
    )
    assert {name: variables[name].get("default", "") for name in airflows} == airflows
    assert set(named("output")["airflow_variables"]["value"]) == set(airflows)


def test_every_reference_exists_and_everything_is_used() -> None:
    assert set(re.findall(r"\bvar\.(\w+)", SOURCE)) == set(named("variable"))
    assert set(re.findall(r"\blocal\.(\w+)", SOURCE)) == set(_locals())
    referred = re.findall(r"\b(google_\w+\.\w+)\.\w+", SOURCE)
    assert set(referred) <= set(resources())


@pytest.mark.skipif(TERRAFORM is None, reason=NO_TERRAFORM)
def test_terraform_formats_it_so() -> None:
    done = _terraform(FOLDER, "fmt", "-check", "-diff", "-recursive")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(TERRAFORM is None, reason=NO_TERRAFORM)
def test_terraform_takes_it_for_valid(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.tf"):
        shutil.copy(path, tmp_path)
    begun = _terraform(tmp_path, "init", "-backend=false", "-input=false", "-no-color")
    if begun.returncode != 0:
        said = re.findall(r"Error: .*", begun.stderr)
        reason = needs("Google's Terraform provider", "terraform init, with a network")
        pytest.skip(f"{reason} ({said[:1]})")
    done = _terraform(tmp_path, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


def _terraform(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert TERRAFORM is not None
    return subprocess.run(
        [TERRAFORM, f"-chdir={folder}", *words], capture_output=True, text=True, timeout=600
    )


def _locals() -> dict[str, Any]:
    [found] = PARSED["locals"]
    return dict(found)


def _table_of_roles() -> str:
    """Of the roles that loads need; those for the setup alone stand below it."""
    return "\n".join(
        line
        for line in (ROOT / "docs" / "google-cloud.md").read_text().splitlines()
        if line.startswith("| `roles/")
    )
