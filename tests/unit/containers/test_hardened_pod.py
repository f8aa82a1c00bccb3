"""Script tasks as pods: the whole manifest as it reaches the Kubernetes API, and every way a pod can end."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

from nyc_tlc.core.containers.pod import in_bytes
from nyc_tlc.core.errors import (
    EngineUnreachableError,
    PodFailedError,
    ScriptFailedError,
    SettingsError,
)
from nyc_tlc.operators.report import TaxiReportOperator
from nyc_tlc.operators.script import ScriptContainerOperator
from tests.support.kubernetes_api import Cluster, running_cluster

pytestmark = pytest.mark.unit

KUBERNETES = {"run_in": "kubernetes", "registry": "registry.example.com/nyc-tlc/"}
RESULT = '{"trips": 3}'


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(os, "getuid", lambda: 50000)
    monkeypatch.setattr(os, "getgid", lambda: 0)
    with running_cluster() as running:
        monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", running.connection())
        yield running


@pytest.fixture
def context() -> dict[str, Any]:
    task_instance = SimpleNamespace(
        dag_id="tlc_report",
        task_id="report.draw",
        map_index=2,
        try_number=1,
        xcom_push=lambda **_: None,
    )
    return {
        "dag": SimpleNamespace(dag_id="tlc_report"),
        "run_id": f"manual {uuid.uuid4().hex}",
        "ti": task_instance,
    }


def script(**more: Any) -> ScriptContainerOperator:
    given = {"image": "nyc-tlc-score:1", "command": ["--month", 1], **KUBERNETES, **more}
    return ScriptContainerOperator(task_id="score", **given)


def report() -> TaxiReportOperator:
    return TaxiReportOperator(
        task_id="draw",
        file={"taxi": "green", "month": "2021-01", "load_id": 7},
        mount="nyc-tlc-reports",
        cpus="1.5",
        environment={"TZ": "UTC"},
        execution_timeout=timedelta(minutes=10),
        **KUBERNETES,
    )


def test_the_whole_pod_as_the_api_gets_it(cluster: Cluster, context: dict[str, Any]) -> None:
    cluster.course.lines = ("INFO drawing", RESULT)
    assert report().execute(context) == {"trips": 3}
    assert cluster.pods == {}
    [created] = cluster.created
    assert created["metadata"]["name"].startswith("draw-")
    assert created["metadata"]["namespace"] == "taxis"
    assert created["metadata"]["annotations"] == {
        "nyc-tlc.run": f"tlc_report {context['run_id']}", "nyc-tlc.task": "draw 2",
    }  # fmt: skip
    labels = created["metadata"]["labels"]
    assert labels["nyc-tlc/network"] == "none"
    assert (labels["dag_id"], labels["map_index"]) == ("tlc_report", "2")
    limits = {"cpu": "1500m", "memory": str(1 << 30)}
    part = "green/2021-01"
    assert without_empty(created["spec"]) == {
        "activeDeadlineSeconds": 600,
        "automountServiceAccountToken": False,
        "containers": [
            {
                "args": [
                    "--taxi", "green", "--month", "2021-01", "--folder", "/data/green/2021-01",
                    "--title", "Green taxis", "--load", "7",
                ],
                "env": [{"name": "TZ", "value": "UTC"}],
                "image": "registry.example.com/nyc-tlc/nyc-tlc-trip-report:3",
                "imagePullPolicy": "IfNotPresent",
                "name": "script",
                "resources": {"limits": limits, "requests": limits},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "privileged": False,
                    "readOnlyRootFilesystem": True,
                },
                "terminationMessagePolicy": "File",
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/tmp"},
                    {"name": "data", "mountPath": f"/data/{part}", "subPath": part},
                    {
                        "name": "data", "mountPath": f"/data/{part}/input", "subPath": f"{part}/input",
                        "readOnly": True,
                    },
                ],
            }
        ],
        "enableServiceLinks": False,
        "hostNetwork": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsGroup": 50000, "runAsNonRoot": True, "runAsUser": 50000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 5,
        "volumes": [
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": str(256 << 20)}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "nyc-tlc-reports"}},
        ],
    }  # fmt: skip


def without_empty(value: Any) -> Any:
    """The provider adds the keys of its own arguments; empty, they change nothing."""
    if isinstance(value, list):
        return [without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: without_empty(each) for key, each in value.items() if each not in ({}, [])}


def test_without_a_mount_the_pod_has_only_its_tmp(
    cluster: Cluster, context: dict[str, Any]
) -> None:
    cluster.course.lines = (RESULT,)
    script(registry="").execute(context)
    [created] = cluster.created
    assert [volume["name"] for volume in created["spec"]["volumes"]] == ["tmp"]
    [container] = created["spec"]["containers"]
    assert container["image"] == "nyc-tlc-score:1"
    assert container["args"] == ["--month", "1"]


@pytest.mark.parametrize(
    ("course", "error", "text"),
    [
        ({"exit_code": 1}, ScriptFailedError, r"(?s)exit code 1\..*row 7"),
        ({"exit_code": 65}, AirflowFailException, "(?s)ScriptInputError: .*65.*row 7"),
        (
            {"exit_code": 137, "reason": "OOMKilled"},
            AirflowFailException, "ScriptOutOfMemoryError: .*at its memory limit of 1g",
        ),
        ({"exit_code": 99}, AirflowSkipException, "skipped by nyc-tlc-score:1: row 7"),
        ({}, AirflowFailException, "ScriptResultError: .*last line was 'row 7'"),
        ({"pod_reason": "Evicted"}, PodFailedError, "Evicted The node was low on memory.*tried again"),
        (
            {"waiting": {"reason": "ErrImagePull", "message": "not found"}},
            AirflowFailException, "ImageMissingError: .*ErrImagePull.*tlc_scripts_registry",
        ),
    ],
    ids=["failed", "bad input", "memory", "skipped", "no result", "evicted", "no image"],
)  # fmt: skip
def test_each_end_has_the_error_that_docker_has_and_no_pod_stays(
    cluster: Cluster, context: dict[str, Any], course: dict[str, Any], error: type, text: str
) -> None:
    cluster.course.lines = ("row 7",)
    for name, value in course.items():
        setattr(cluster.course, name, value)
    with pytest.raises(error, match=text):
        script().execute(context)
    assert cluster.pods == {}


@pytest.mark.parametrize(
    ("line", "times"), [("x", 20_001), ("x" * 100_000, 30)], ids=["many lines", "many bytes"]
)
def test_a_script_that_prints_too_much_is_stopped(
    cluster: Cluster,
    context: dict[str, Any],
    line: str,
    times: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster.course.lines = (line,) * times
    with pytest.raises(ScriptFailedError, match=r"nyc-tlc-score:1 printed more than 1,000,000"):
        script().execute(context)
    assert cluster.pods == {}
    assert sum(len(record.getMessage()) for record in caplog.records) < 1_100_000


def test_a_refusal_of_the_api_says_what_right_is_missing(
    cluster: Cluster, context: dict[str, Any]
) -> None:
    cluster.refusal = 403, "pods is forbidden"
    with pytest.raises(
        AirflowFailException, match=r"EngineRefusedError: .*forbidden.*pod-launcher"
    ):
        script().execute(context)


def test_an_api_that_does_not_answer_is_tried_again(
    context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = Cluster("http://127.0.0.1:9").connection()
    monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", unreachable)
    with pytest.raises(EngineUnreachableError, match="Kubernetes API does not answer"):
        script().execute(context)


def test_what_a_killed_worker_left_is_removed_by_the_next_try(
    cluster: Cluster, context: dict[str, Any]
) -> None:
    cluster.course.lines = (RESULT,)
    script().execute(context)
    [earlier] = cluster.created
    cluster.add("left", earlier["metadata"]["labels"])
    cluster.add("another-task", {**earlier["metadata"]["labels"], "nyc-tlc/task": "another"})
    assert script().execute(context) == {"trips": 3}
    assert list(cluster.pods) == ["another-task"]


def test_a_task_that_is_stopped_leaves_no_pod(cluster: Cluster, context: dict[str, Any]) -> None:
    cluster.course.runs.clear()
    operator, ends = script(), []

    def run() -> None:
        try:
            operator.execute(context)
        except Exception as error:  # noqa: BLE001
            ends.append(error)

    running = threading.Thread(target=run)
    running.start()
    wait_for_a_pod(cluster)
    operator.on_kill()
    assert cluster.pods == {}
    cluster.course.runs.set()
    running.join(20)
    assert not running.is_alive()
    assert ends
    assert cluster.pods == {}


def test_a_task_whose_time_is_up_leaves_no_pod(cluster: Cluster, context: dict[str, Any]) -> None:
    def time_is_up(*_: object) -> None:
        cluster.course.runs.set()
        raise AirflowTaskTimeout("time is up")

    cluster.course.runs.clear()
    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(AirflowTaskTimeout):
            script().execute(context)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(cluster.created) == 1
    assert cluster.pods == {}


def wait_for_a_pod(cluster: Cluster) -> None:
    deadline = time.monotonic() + 10
    while not cluster.pods:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_folder_s_path_is_not_a_claim(cluster: Cluster, context: dict[str, Any]) -> None:
    with pytest.raises(
        AirflowFailException, match="'/opt/reports' to Kubernetes.*tlc_reports_mount"
    ):
        script(mount="/opt/reports").execute(context)
    assert cluster.created == []


def test_an_unknown_place_is_named(context: dict[str, Any]) -> None:
    with pytest.raises(
        AirflowFailException, match="run in 'podman'. Expected docker or kubernetes"
    ):
        script(run_in="podman").execute(context)


@pytest.mark.parametrize(
    ("size", "expected"), [("512m", 512 << 20), ("2G", 2 << 30), ("64k", 65536), ("1000", 1000)]
)
def test_memory_means_the_same_as_in_docker(size: str, expected: int) -> None:
    assert in_bytes(size) == str(expected)


def test_memory_that_is_not_a_size_is_refused() -> None:
    with pytest.raises(SettingsError, match="'1Gi'. Expected a size such as 512m"):
        in_bytes("1Gi")


def test_the_result_is_read_from_the_whole_log(cluster: Cluster, context: dict[str, Any]) -> None:
    cluster.course.lines = (json.dumps({"draft": 1}), "reading", RESULT, "done")
    assert script().execute(context) == {"trips": 3}
