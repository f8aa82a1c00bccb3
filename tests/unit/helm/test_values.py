"""include/helm: values that the official chart knows, and no secrets among them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from nyc_tlc.core.containers.pod import NETWORK_LABEL
from nyc_tlc.operators.script import KUBERNETES
from tests.support.missing import needs

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
HELM = ROOT / "include" / "helm"
SCHEMA = Path(
    os.environ.get("HELM_SCHEMA", ROOT / "../shared/k8s/airflow-chart-1.22.0-values.schema.json")
)
FILES = sorted(HELM.glob("*.yaml"))
OBJECTS = HELM / "objects" / "scripts.yaml"
EXECUTORS, DAGS, STORES = ("kubernetes-executor", "celery-keda"), ("", "git"), ("", "s3", "gs")
SCRIPTS = ("", "scripts")
SECRET_NAME = re.compile(r"password|secret|token|fernet|brokerurl|connection", re.IGNORECASE)


def values(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((HELM / f"{name}.yaml").read_text()))


def merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """As helm merges files: mappings key by key, all else replaced."""
    both = {
        key: merged(base[key], overlay[key])
        for key in base.keys() & overlay.keys()
        if isinstance(base[key], dict) and isinstance(overlay[key], dict)
    }
    return {**base, **overlay, **both}


def combinations() -> Iterator[tuple[str, ...]]:
    for names in product(("values",), EXECUTORS, DAGS, STORES, SCRIPTS):
        yield tuple(filter(None, names))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip(
            needs(
                "the chart's schema of values", "export HELM_SCHEMA=/path/to/its/values.schema.json"
            )
        )
    return dict(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("names", list(combinations()), ids="+".join)
def test_the_chart_accepts_the_values(names: tuple[str, ...], schema: dict[str, Any]) -> None:
    import jsonschema

    whole: dict[str, Any] = {}
    for name in names:
        whole = merged(whole, values(name))
    jsonschema.validate(whole, schema)
    assert list(unknown(whole, schema, schema)) == []


def unknown(
    value: Any, known: dict[str, Any], schema: dict[str, Any], path: str = ""
) -> Iterator[str]:
    """Keys that the schema does not list. It tolerates some, which the chart then ignores."""
    if "$ref" in known:
        known = schema["definitions"][known["$ref"].rsplit("/", 1)[-1]]
    if isinstance(value, list):
        for each in value:
            yield from unknown(each, known.get("items", {}), schema, f"{path}[]")
    if not isinstance(value, dict):
        return
    others = known.get("additionalProperties")
    for key, each in value.items():
        inner = known.get("properties", {}).get(key, others if isinstance(others, dict) else None)
        if inner is not None:
            yield from unknown(each, inner, schema, f"{path}.{key}")
        elif "properties" in known:
            yield f"{path}.{key}"


def test_a_misspelt_key_is_found(schema: dict[str, Any]) -> None:
    misspelt = {"webServer": {}, "workers": {"celery": {"replica": 1}}}
    assert list(unknown(misspelt, schema, schema)) == [".webServer", ".workers.celery.replica"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_secrets_come_from_existing_secrets_only(path: Path) -> None:
    named = [
        (key, value)
        for key, value in leaves(values(path.stem))
        if SECRET_NAME.search(key) and not key.endswith(("SecretName", "secretName", "secretKey"))
    ]
    assert named == []
    assert not re.search(r"://[^/@\s]+:[^/@\s]+@", path.read_text())


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    else:
        yield key, value


def test_every_secret_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    names = {
        value for path in FILES for key, value in leaves(values(path.stem))
        if key.lower().endswith("secretname")
    }  # fmt: skip
    assert len(names) > 5
    assert [name for name in sorted(names) if f"generic {name} " not in page] == []


def test_script_pods_have_no_network_and_the_claim_that_airflow_mounts() -> None:
    claim, policy = yaml.safe_load_all(OBJECTS.read_text())
    assert policy["spec"] == {  # no rule: nothing comes in, nothing goes out
        "podSelector": {"matchLabels": {NETWORK_LABEL: "none"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    given = values("scripts")
    [volume], [mount] = given["volumes"], given["volumeMounts"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert volume["name"] == mount["name"]
    environment = {each["name"]: each["value"] for each in yaml.safe_load(given["extraEnv"])}
    assert environment == {
        "AIRFLOW_VAR_TLC_SCRIPTS_RUN_IN": KUBERNETES,
        "AIRFLOW_VAR_TLC_SCRIPTS_REGISTRY": "registry.example.com/nyc-tlc",
        "AIRFLOW_VAR_TLC_REPORTS": mount["mountPath"],
        "AIRFLOW_VAR_TLC_REPORTS_MOUNT": claim["metadata"]["name"],
    }


def test_the_bundles_are_classes_that_exist() -> None:
    from pkgutil import resolve_name

    for name in ("values", "git"):
        [bundle] = values(name)["dagProcessor"]["dagBundleConfigList"]
        kind = resolve_name(bundle["classpath"])
        assert kind(
            name=bundle["name"], **bundle["kwargs"], **({} if name == "values" else ADDRESS)
        )


ADDRESS = {"repo_url": "https://example.com/you/nyc-tlc.git"}
