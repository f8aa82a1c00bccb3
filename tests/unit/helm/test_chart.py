"""The objects that Helm makes of include/helm: the official chart's, where HELM_CHART names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from test_values import HELM, OBJECTS, combinations

from tests.support.helm_tool import faults, helm, rendered
from tests.support.missing import needs

pytestmark = pytest.mark.unit

CHART = os.environ.get("HELM_CHART")
# A chart that uses values of ours, as the official one does.
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-api-server, namespace: {{ .Release.Namespace }}}
spec:
  selector: {matchLabels: {component: api-server}}
  template:
    metadata: {labels: {component: api-server}}
    spec:
      containers:
        - name: api-server
          image: {{ .Values.images.airflow.repository }}:{{ .Values.images.airflow.tag }}
          env: {{ toYaml .Values.env | nindent 12 }}
          MISSPELT
"""


def chart(folder: Path, misspelt: str = "") -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: airflow, version: 0.0.1}")
    template = DEPLOYMENT.replace("MISSPELT", misspelt)
    (folder / "templates" / "deployment.yaml").write_text(template)
    return folder


def values_of(names: tuple[str, ...]) -> list[Path]:
    return [HELM / f"{name}.yaml" for name in names]


@pytest.mark.skipif(
    CHART is None,
    reason=needs("Airflow's chart", "export HELM_CHART=/path/to/airflow-1.22.0.tgz"),
)
def test_the_official_chart_makes_valid_objects() -> None:
    for names in combinations():
        objects = rendered(Path(str(CHART)), values_of(names))
        assert len(objects) > 10
        assert faults(objects) == [], names


def test_a_chart_is_rendered_with_the_overlay_s_values(tmp_path: Path) -> None:
    [deployment] = rendered(chart(tmp_path / "chart"), values_of(("values", "s3")))
    assert deployment["metadata"]["name"] == "nyc-tlc-api-server"
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert "AIRFLOW_VAR_TLC_LANDING" in {each["name"] for each in container["env"]}
    assert faults([deployment]) == []


def test_a_field_that_kubernetes_does_not_know_is_found(tmp_path: Path) -> None:
    misspelt = chart(tmp_path / "chart", "imagePullPolice: Always")
    [fault] = faults(rendered(misspelt, values_of(("values",))))
    assert "Deployment nyc-tlc-api-server" in fault
    assert "imagePullPolice" in fault


def test_our_own_objects_are_valid() -> None:
    helm()
    assert faults(list(yaml.safe_load_all(OBJECTS.read_text()))) == []
