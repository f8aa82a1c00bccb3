"""Every way in which a script's container can end, on a real engine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

from nyc_tlc.core.containers.sandbox import hand_over
from nyc_tlc.core.errors import EngineUnreachableError, ScriptFailedError
from nyc_tlc.operators.script import ScriptContainerOperator

pytestmark = pytest.mark.docker

Context = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_stays(base_image: str, run_context: Context, containers_of: Any) -> Iterator[None]:
    """After every test: however a task ended, its container is gone."""
    yield
    assert containers_of(run_context) == []


def script(base_image: str, code: str, **more: Any) -> ScriptContainerOperator:
    command = ["python", "-c", code]
    return ScriptContainerOperator(task_id="script", image=base_image, command=command, **more)


def test_the_last_json_line_is_the_result(base_image: str, run_context: Context) -> None:
    code = """
import sys
print('{"draft": 1}')
print("reading", file=sys.stderr)
print('{"rows": 3, "file": "report.png"}')
print("done", file=sys.stderr)
"""
    found = script(base_image, code).execute(run_context)
    assert found == {"rows": 3, "file": "report.png"}


def test_no_json_line_is_an_error(base_image: str, run_context: Context) -> None:
    with pytest.raises(AirflowFailException, match="ScriptResultError: .*last line was 'hello'"):
        script(base_image, "print('hello')").execute(run_context)


def test_a_failing_script_shows_its_last_lines_and_may_be_tried_again(
    base_image: str, run_context: Context
) -> None:
    code = "import sys; print('reading row 7', file=sys.stderr); raise RuntimeError('no such zone')"
    with pytest.raises(
        ScriptFailedError, match=r"(?s)exit code 1\..*row 7.*RuntimeError: no such zone"
    ):
        script(base_image, code).execute(run_context)


def test_bad_input_fails_at_once(base_image: str, run_context: Context) -> None:
    code = "import sys; print('no column pickup', file=sys.stderr); sys.exit(65)"
    with pytest.raises(AirflowFailException, match=r"(?s)ScriptInputError: .*65.*no column pickup"):
        script(base_image, code).execute(run_context)


def test_exit_code_99_skips_with_the_scripts_own_words(
    base_image: str, run_context: Context
) -> None:
    code = "import sys; print('no trips in this month', file=sys.stderr); sys.exit(99)"
    with pytest.raises(AirflowSkipException, match="no trips in this month"):
        script(base_image, code).execute(run_context)


def test_out_of_memory_is_named_with_its_limit(base_image: str, run_context: Context) -> None:
    code = "held = [bytearray(10_000_000) for _ in range(40)]"
    with pytest.raises(AirflowFailException, match="ScriptOutOfMemoryError: .*memory limit of 64m"):
        script(base_image, code, memory="64m").execute(run_context)


def test_a_missing_image_is_not_pulled(base_image: str, run_context: Context) -> None:
    with pytest.raises(
        AirflowFailException, match="ImageMissingError: .*no-such-image:1.*make images"
    ):
        script("no-such-image:1", "").execute(run_context)


@pytest.mark.parametrize("url", ["unix:///tmp/no-engine.sock", "tcp://127.0.0.1:9"])
def test_without_an_engine_the_task_says_so(
    base_image: str, run_context: Context, url: str
) -> None:
    with pytest.raises(EngineUnreachableError, match=f"No container engine answers at {url}"):
        script(base_image, "", docker_url=url).execute(run_context)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may open every socket: be somebody else for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_without_permission_on_the_socket_the_task_says_what_to_do(
    base_image: str, run_context: Context, tmp_path: Path
) -> None:
    folder = Path("/tmp") / f"tlc-{os.getpid()}"
    folder.mkdir(mode=0o755)
    path = folder / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0)
        operator = script(base_image, "", docker_url=f"unix://{path}")
        with ordinary_user(), pytest.raises(AirflowFailException, match="to the group docker"):
            operator.execute(run_context)
    path.unlink()
    folder.rmdir()


def test_a_folder_that_the_engine_does_not_have(base_image: str, run_context: Context) -> None:
    operator = script(base_image, "", mount="/no/such/folder")
    with pytest.raises(AirflowFailException, match="EngineRefusedError: .*tlc_reports_mount"):
        operator.execute(run_context)


PROBE = """
import json, os, pathlib, socket
def refused(do):
    try:
        do()
    except OSError as error:
        return error.strerror
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
pathlib.Path("/tmp/scratch").write_text("ok")
pathlib.Path("/data/made").write_text("ok")
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"], "root": refused(lambda: open("/app.txt", "w")),
    "etc": refused(lambda: open("/usr/local/x", "w")),
    "network": refused(lambda: socket.create_connection(("1.1.1.1", 53), 2)),
    "interfaces": [name for _, name in socket.if_nameindex()],
}))
"""  # noqa: E501


def test_a_script_can_do_little_else_than_write_to_its_folder(
    base_image: str, run_context: Context, tmp_path: Path
) -> None:
    hand_over(tmp_path)
    found = script(base_image, PROBE, mount=str(tmp_path)).execute(run_context)
    assert found is not None
    assert found["uid"] != 0
    assert found["gid"] != 0
    assert found["uid"] == (os.getuid() or 10001)
    assert found["capabilities"] == 0
    assert found["no_new_privileges"] == "1"
    assert found["root"] == found["etc"] == "Read-only file system"
    assert found["network"] == "Network is unreachable"
    assert found["interfaces"] == ["lo"]
    assert (tmp_path / "made").read_text() == "ok"


def test_a_script_sees_its_own_folder_alone_and_cannot_touch_its_input(
    base_image: str, run_context: Context, tmp_path: Path
) -> None:
    for folder in ("mine/input", "another"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "mine" / "input" / "trips").write_text("given")
    hand_over(tmp_path / "mine")
    code = """
import json, pathlib
data = pathlib.Path("/data")
try:
    (data / "mine/input/trips").write_text("changed")
except OSError as error:
    refused = error.strerror
(data / "mine/report").write_text("made")
found = sorted(str(path.relative_to(data)) for path in data.rglob("*"))
print(json.dumps({"refused": refused, "found": found}))
"""
    found = script(base_image, code, mount=str(tmp_path), folder="mine", read_only="input").execute(
        run_context
    )
    assert found == {
        "refused": "Read-only file system",
        "found": ["mine", "mine/input", "mine/input/trips", "mine/report"],
    }  # fmt: skip
    assert (tmp_path / "mine" / "report").read_text() == "made"
    assert (tmp_path / "mine" / "input" / "trips").read_text() == "given"


def test_processes_are_bounded(base_image: str, run_context: Context) -> None:
    code = """
import json, threading, time
count = 0
try:
    for count in range(500):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
except RuntimeError:
    pass
print(json.dumps({"threads": count}), flush=True)
import os; os._exit(0)
"""
    found = script(base_image, code).execute(run_context)
    assert found is not None
    assert 100 < found["threads"] <= 128


def test_a_named_volume_is_mounted_by_its_name(
    base_image: str, run_context: Context, engine: Any
) -> None:
    volume = engine.volumes.create(f"tlc-test-{os.getpid()}")
    try:
        code = "import os, json; print(json.dumps({'there': os.path.ismount('/data')}))"
        found = script(base_image, code, mount=volume.name).execute(run_context)
        assert found == {"there": True}
    finally:
        volume.remove()


def test_a_task_whose_time_is_up_leaves_no_container(
    base_image: str, run_context: Context, containers_of: Any
) -> None:
    def time_is_up(*_: object) -> None:
        raise AirflowTaskTimeout("time is up")

    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        with pytest.raises(AirflowTaskTimeout):
            script(base_image, "import time; time.sleep(60)").execute(run_context)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert containers_of(run_context) == []


def test_a_task_that_is_stopped_leaves_no_container(
    base_image: str, run_context: Context, containers_of: Any
) -> None:
    operator = script(base_image, "import time; time.sleep(60)")
    ends: list[BaseException] = []

    def run() -> None:
        try:
            operator.execute(run_context)
        except Exception as error:  # noqa: BLE001
            ends.append(error)

    running = threading.Thread(target=run)
    running.start()
    deadline = time.monotonic() + 20
    while not [c for c in containers_of(run_context) if c.status == "running"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    operator.on_kill()
    running.join(20)
    assert not running.is_alive()
    assert ends
    assert containers_of(run_context) == []


def test_what_a_killed_worker_left_is_removed_by_the_next_try(
    base_image: str, run_context: Context, containers_of: Any
) -> None:
    worker = f"""
import json, sys
from types import SimpleNamespace
from nyc_tlc.operators.script import ScriptContainerOperator
code = "print('up', flush=True); import time; time.sleep(60)"
ScriptContainerOperator(
    task_id="script", image={base_image!r}, command=["python", "-c", code]
).execute({{"dag": SimpleNamespace(dag_id="a_dag"), "run_id": {run_context["run_id"]!r},
           "ti": SimpleNamespace(map_index=-1)}})
"""
    process = subprocess.Popen([sys.executable, "-c", worker], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 40
    while not [c for c in containers_of(run_context) if c.status == "running"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.kill()
    process.wait()
    assert len(containers_of(run_context)) == 1
    found = script(base_image, f"print({json.dumps(json.dumps({'again': 1}))})").execute(
        run_context
    )
    assert found == {"again": 1}
