"""Requests to the Docker API: what DockerOperator sends, and what the stack's proxy must refuse.

The refused ones are as a client could send them, byte by byte. Most differ in one thing from a request
that is allowed, so that nothing else can be the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

Cases = Iterator[tuple[str, bytes]]

# Functions below.
GROUPS = (
    "unknown_keys", "wrong_types", "missing_keys", "values", "images", "users", "mounts", "labels",
    "names_in_disguise", "texts", "versions", "queries", "bodies", "framing", "routes",
)  # fmt: skip

MIB = 1024**2
CONTAINER = "a" * 64


def container(image: str, project: str, run: str) -> dict[str, Any]:
    """The body with which DockerOperator (provider 4.6.1, docker-py 7.2) creates a script's container."""
    return {
        "ExposedPorts": {}, "User": "10001:10001", "Tty": False, "OpenStdin": False,
        "StdinOnce": False, "AttachStdin": False, "AttachStdout": True, "AttachStderr": True,
        "Env": ["TAXI=green"], "Cmd": ["python", "-c", "print('hello')"], "Image": image,
        "NetworkDisabled": False,
        "HostConfig": {
            "Memory": 512 * MIB, "MemorySwap": 512 * MIB, "ReadonlyRootfs": True,
            "NetworkMode": "none", "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges:true"],
            "PortBindings": {}, "Ulimits": [], "LogConfig": {"Type": None, "Config": {}},
            "CpuShares": 1024, "Tmpfs": {"/tmp": "size=256m,mode=1777"}, "PidsLimit": 128,
            "Init": True, "NanoCpus": 1_000_000_000,
            "Mounts": [
                {
                    "Target": "/data", "Source": f"{project}_reports", "Type": "volume",
                    "ReadOnly": False,
                }
            ],
        },
        "Labels": {"nyc-tlc.run": run, "nyc-tlc.task": "script"},
    }  # fmt: skip


def request(
    method: str,
    target: str,
    body: bytes | str | None = None,
    *headers: str,
    content_type: str = "application/json",
) -> bytes:
    """With a body, Content-Type and Content-Length come first; more ``headers`` as they are."""
    content = body.encode() if isinstance(body, str) else body or b""
    own = [f"Content-Type: {content_type}"] if body is not None and content_type else []
    if method != "GET" and not any("Content-Length" in header for header in headers):
        own.append(f"Content-Length: {len(content)}")
    lines = [f"{method} {target} HTTP/1.1", "Host: socket-proxy:2375", *own, *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def create(body: Any, target: str = "/v1.41/containers/create") -> bytes:
    return request("POST", target, body if isinstance(body, str) else json.dumps(body))


def allowed(good: dict[str, Any]) -> dict[str, bytes]:
    """What DockerOperator may ask, in its variants."""
    host = good["HostConfig"]
    [mount] = host["Mounts"]
    required = ("Image", "User", "Labels", "HostConfig")
    host_only = {key: host[key] for key in host if key not in ("Mounts", "Ulimits", "CpuShares")}
    return {
        "as sent": create(good),
        "without what is optional": create({**{key: good[key] for key in required}, "HostConfig": host_only}),
        "most memory": create(with_host(good, Memory=8192 * MIB, MemorySwap=8192 * MIB)),
        "no mounts": create(with_host(good, Mounts=[])),
        "read-only": create(with_host(good, Mounts=[{**mount, "ReadOnly": True}])),
        "words of an attack": create({**good, "Cmd": ['{"Privileged": true}', "é\u0301 \u017f"]}),
        "spaces": create(json.dumps(good, indent=8)),
    }  # fmt: skip


def refused(good: dict[str, Any], group: str) -> dict[str, bytes]:
    """By name; each must be answered with 403, and no container may be there afterwards."""
    cases = list(globals()[group](good))
    assert len(dict(cases)) == len(cases), "each has a name of its own"
    return dict(cases)


def with_host(good: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**good, "HostConfig": {**good["HostConfig"], **changes}}


# Every key of HostConfig up to API 1.50 that script tasks do not need, with a value that the engine
# would take.
HOST_KEYS: dict[str, Any] = {
    "Annotations": {"a": "b"}, "AutoRemove": True, "Binds": ["/:/host"], "BlkioWeight": 500,
    "BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceReadIOps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceWriteBps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceWriteIOps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 100}], "CapAdd": ["SYS_ADMIN"],
    "Capabilities": ["SYS_ADMIN"], "Cgroup": "", "CgroupParent": "/", "CgroupnsMode": "host",
    "ConsoleSize": [0, 0], "ContainerIDFile": "/tmp/id", "CpuCount": 1, "CpuPercent": 1,
    "CpuPeriod": 100_000, "CpuQuota": 1_000_000, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0,
    "CpusetCpus": "0", "CpusetMems": "0", "DeviceCgroupRules": ["a *:* rwm"],
    "DeviceRequests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}],
    "Devices": [
        {"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda", "CgroupPermissions": "rwm"}
    ],
    "Dns": ["1.1.1.1"], "DnsOptions": ["ndots:1"], "DnsSearch": ["example.com"],
    "ExtraHosts": ["warehouse:127.0.0.1"], "GroupAdd": ["0"], "IOMaximumBandwidth": 0,
    "IOMaximumIOps": 0, "IpcMode": "host", "Isolation": "", "KernelMemory": 0,
    "KernelMemoryTCP": 0, "Links": ["warehouse:db"], "MaskedPaths": [], "MemoryReservation": 0,
    "MemorySwappiness": 0, "OomKillDisable": True, "OomScoreAdj": -1000, "PidMode": "host",
    "Privileged": True, "PublishAllPorts": True, "ReadonlyPaths": [],
    "RestartPolicy": {"Name": "always"}, "Runtime": "runc", "ShmSize": 67_108_864,
    "StorageOpt": {}, "Sysctls": {"net.ipv4.ip_forward": "1"}, "UTSMode": "host",
    "UsernsMode": "host", "VolumeDriver": "local", "VolumesFrom": ["warehouse"],
}  # fmt: skip
TOP_KEYS: dict[str, Any] = {
    "ArgsEscaped": True, "Domainname": "a", "Entrypoint": ["sh"], "Healthcheck": {"Test": ["NONE"]},
    "Hostname": "a", "MacAddress": "02:42:ac:11:00:02", "OnBuild": [], "Platform": "linux",
    "NetworkingConfig": {"EndpointsConfig": {"host": {}}}, "Shell": ["sh"], "StopSignal": "SIGKILL",
    "StopTimeout": 1, "Volumes": {"/v": {}}, "WorkingDir": "/", "Privileged": True, "Name": "a",
}  # fmt: skip
OF_EACH_TYPE = (None, True, 0, 1.5, "ALL", "", ["ALL"], [["ALL"]], [{}], {"ALL": {}})


def unknown_keys(good: dict[str, Any]) -> Cases:
    for key, value in HOST_KEYS.items():
        yield f"HostConfig.{key}", create(with_host(good, **{key: value}))
        yield f"HostConfig.{key.lower()}", create(with_host(good, **{key.lower(): value}))
    for key, value in TOP_KEYS.items():
        yield key, create({**good, key: value})
    for key in ("CapAdd", "Devices", "Binds", "SecurityOpt", "Privileged"):
        yield f"null for {key}", create(with_host(good, **{key: None}))
        yield f"a string for {key}", create(with_host(good, **{key: "ALL"}))
        yield f"{key} beside HostConfig", create({**good, key: good["HostConfig"].get(key)})


def wrong_types(good: dict[str, Any]) -> Cases:
    free = {"Cmd", "Env", "Mounts"}  # an empty list of these is allowed, strings are in Cmd
    for place in ("", "HostConfig"):
        for key, right in (good[place] if place else good).items():
            for value in OF_EACH_TYPE:
                if repr(value) == repr(right) or (key in free and isinstance(value, list)):
                    continue
                changed = with_host(good, **{key: value}) if place else {**good, key: value}
                yield f"{place}.{key} is {value!r}".lstrip("."), create(changed)
            if not isinstance(right, str):
                for value in dict.fromkeys((str(right), json.dumps(right))):
                    changed = with_host(good, **{key: value}) if place else {**good, key: value}
                    yield f"{place}.{key} is the string {value}", create(changed)


def missing_keys(good: dict[str, Any]) -> Cases:
    for key in ("Image", "User", "Labels", "HostConfig"):
        yield key, create({name: value for name, value in good.items() if name != key})
    for key in (
        "NetworkMode", "ReadonlyRootfs", "CapDrop", "SecurityOpt", "Tmpfs", "Memory", "MemorySwap",
        "NanoCpus", "PidsLimit",
    ):  # fmt: skip
        host = {name: value for name, value in good["HostConfig"].items() if name != key}
        yield f"HostConfig.{key}", create({**good, "HostConfig": host})


def values(good: dict[str, Any]) -> Cases:
    every = {
        "NetworkMode": ["host", "bridge", "default", "container:warehouse", "nyc-tlc", "None", "none "],
        "CapDrop": [[], ["all"], ["NET_RAW"], ["ALL", "NET_RAW"]],
        "SecurityOpt": [
            [], ["seccomp=unconfined"], ["no-new-privileges:false"], ["no-new-privileges"],
            ['seccomp={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}', "apparmor=unconfined"],
            ["no-new-privileges:true", 'seccomp={"syscalls":[]}', "apparmor=unconfined"],
            ["no-new-privileges:true", "label=disable"],
        ],
        "Tmpfs": [{}, {"/tmp": ""}, {"/tmp": "size=256m,mode=1777,exec,suid,dev"}, {"/": ""},
                  {"/tmp": "size=256m,mode=1777", "/usr": ""}],
        "PidsLimit": [-1, 513, 2**63],
        "NanoCpus": [-1, 1, 5 * 10**9, 1e9],
        "MemorySwap": [-1, 1024 * MIB],
        "CpuShares": [0, 2, 262_144],
        "LogConfig": [
            {"Type": "syslog", "Config": {"syslog-address": "tcp://1.1.1.1:514"}},
            {"Type": "none", "Config": {}}, {"Type": None, "Config": {"labels": "a"}},
        ],
        "PortBindings": [{"2375/tcp": [{"HostPort": "2375"}]}],
        "Ulimits": [[{"Name": "nofile", "Soft": 1, "Hard": 1}]],
        "Init": [False],
        "ReadonlyRootfs": [False],
    }  # fmt: skip
    for key, tried in every.items():
        for value in tried:
            yield f"{key} is {value}", create(with_host(good, **{key: value}))
    # All capabilities, seccomp and AppArmor off: the former proxy let this through.
    disguised = ['seccomp={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}', "apparmor=unconfined"]
    yield "root", create(with_host(good, CapAdd="ALL", SecurityOpt=disguised))
    for memory in (0, -1, MIB, 8192 * MIB + 1, 512.0 * MIB, "512m", 2**64):
        yield f"Memory is {memory!r}", create(with_host(good, Memory=memory, MemorySwap=memory))
    yield "Env without =", create({**good, "Env": ["PATH"]})
    yield "Env with a null byte", create({**good, "Env": ["A=\0"]})
    yield "Env with 201", create({**good, "Env": ["A=b"] * 201})
    yield "Cmd with numbers", create({**good, "Cmd": [1]})
    yield "ExposedPorts", create({**good, "ExposedPorts": {"80/tcp": {}}})
    for key in ("Tty", "OpenStdin", "StdinOnce", "AttachStdin", "NetworkDisabled"):
        yield f"{key} is true", create({**good, key: True})


def images(good: dict[str, Any]) -> Cases:
    for image in (
        "python:3.11-slim", "postgres", "nyc-tlc/airflow:latest", "nyc-tlc-trip-report",
        "nyc-tlc-trip-report:latest", "nyc-tlc-trip-report:2@sha256:" + "a" * 64, "sha256:" + "a" * 64,
        "docker.io/library/nyc-tlc-trip-report:2", "evil.example/nyc-tlc-trip-report:2",
        "NYC-TLC-trip-report:2", " nyc-tlc-trip-report:2", "nyc-tlc-trip-report:2\n", "nyc-tlc-a:\u0662",
        "nyc-tlc-trip-report:2/../python", "nyc-tlc-:2\0",
    ):  # fmt: skip
        yield repr(image), create({**good, "Image": image})


def users(good: dict[str, Any]) -> Cases:
    for user in (
        "0", "0:0", "root", "root:root", "10001", "10001:0", "0:10001", "00:10001", "-1:10001", "1e4:1",
        "10001:10001:0", "10001:root", "4294967296:4294967296", "\u0661:1", "10001:10001\n", "+1:1",
    ):  # fmt: skip
        yield repr(user), create({**good, "User": user})


def mounts(good: dict[str, Any]) -> Cases:
    [mount] = good["HostConfig"]["Mounts"]
    reports = mount["Source"]
    bind = {"Type": "bind", "Source": "/"}
    changed: dict[str, list[dict[str, Any]]] = {
        "a bind mount": [bind],
        "the engine's socket": [{**bind, "Source": "/var/run/docker.sock"}],
        "a pipe": [{"Type": "npipe"}],
        "in memory": [{"Type": "tmpfs", "Source": ""}],
        "an image": [{"Type": "image"}],
        "a cluster's": [{"Type": "cluster"}],
        "another volume": [
            {"Source": source}
            for source in ("", "warehouse", "a_reports", f"{reports}2", f"x{reports}", f"{reports}/..",
                           f"{reports} ", "/", reports.replace("_", "-"), "nyc-tlc_landing")
        ],
        "another target": [
            {"Target": target}
            for target in ("/", "/etc", "/data/", "/data/..", "/data/../etc", "data", "/data2",
                           "/data/.ssh", "/data//a", "/data/a", "/data\n", "/tmp", "/DATA")
        ],
        "a driver": [
            {"VolumeOptions": {"DriverConfig": {
                "Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}}},
            {"VolumeOptions": {"Subpath": "a", "DriverConfig": {}}, "Target": "/data/a"},
        ],
        "options": [
            {"VolumeOptions": {}}, {"VolumeOptions": None}, {"VolumeOptions": {"NoCopy": True}},
            {"VolumeOptions": {"Labels": {}}}, {"BindOptions": {"Propagation": "rshared"}},
            {"BindOptions": {"CreateMountpoint": True}}, {"Consistency": "default"},
            {"TmpfsOptions": {"SizeBytes": 1}}, {"ImageOptions": {"Subpath": "a"}}, {"Propagation": "shared"},
            {"ClusterOptions": {}}, {"readonly": False}, {"type": "bind"}, {"source": "/"},
        ],
        "a part elsewhere": [
            {"Target": "/data", "VolumeOptions": {"Subpath": "green"}},
            *({"Target": f"/data/{part}", "VolumeOptions": {"Subpath": part}}
              for part in ("..", "../..", "/", "/etc", "a/../..", ".", "a//b", "", "a/", "a\0")),
        ],
        "wrong types": [
            {"ReadOnly": 0}, {"ReadOnly": "false"}, {"Target": ["/data"]}, {"Source": [reports]},
            {"Type": ["volume"]}, {"VolumeOptions": []}, {"VolumeOptions": "Subpath"},
        ],
    }  # fmt: skip
    for name, several in changed.items():
        for index, change in enumerate(several):
            yield f"{name} {index}", create(with_host(good, Mounts=[{**mount, **change}]))
            if index == 0:
                both = [mount, {**mount, **change}]
                yield f"{name}, as the second", create(with_host(good, Mounts=both))
    yield "five", create(with_host(good, Mounts=[mount] * 5))
    for key in mount:
        without = {name: value for name, value in mount.items() if name != key}
        yield f"no {key}", create(with_host(good, Mounts=[without]))


def labels(good: dict[str, Any]) -> Cases:
    given = good["Labels"]
    for more in ("nyc-tlc.stack", "com.docker.compose.project", "NYC-TLC.run", ""):
        yield f"{more!r} too", create({**good, "Labels": {**given, more: "nyc-tlc"}})
    for key in given:
        without = {name: value for name, value in given.items() if name != key}
        yield f"no {key}", create({**good, "Labels": without})
        for value in ("", "x" * 701, None, 1, ["a"]):
            shown = repr(value)[:9]
            yield f"{key} is {shown}", create({**good, "Labels": {**given, key: value}})


def names_in_disguise(good: dict[str, Any]) -> Cases:
    """Go's parser ignores case, also of two letters beyond ASCII, and takes the last of two keys."""
    text = json.dumps(good)

    def replaced(old: str, new: str) -> bytes:
        assert old in text, old
        return create(text.replace(old, new, 1))

    host = '"HostConfig": {'
    for name, extra in {
        "escaped": r'"\u0043apAdd": ["ALL"]',
        "escaped whole": '"'
        + "".join(f"\\u{ord(letter):04x}" for letter in "Privileged")
        + '": true',
        "escaped string": r'"CapAdd": "\u0041LL"',
        "long s": '"Bind\u017f": ["/:/host"]',
        "long s escaped": r'"Bind\u017f": ["/:/host"]',
        "kelvin": '"Networ\u212aMode": "host"',
        "upper case": '"PRIVILEGED": true',
        "same twice": '"Memory": 536870912',
        "other case": '"networkmode": "host"',
        "other case of a list": '"capdrop": []',
        "other case of security": '"securityopt": ["seccomp=unconfined"]',
        "a space": '"CapAdd ": ["ALL"]',
        "a null byte": r'"CapAdd\u0000": ["ALL"]',
        "half a pair": r'"\ud800": 1',
        "empty": '"": 1',
        "merge key": '"__proto__": {"Privileged": true}',
    }.items():
        yield f"{name}, first", replaced(host, f"{host}{extra}, ")
        yield (
            f"{name}, last",
            replaced('"NanoCpus": 1000000000', f'"NanoCpus": 1000000000, {extra}'),
        )
    yield "two HostConfigs", create(text[:-1] + ', "HostConfig": {"Privileged": true}}')
    yield "two, one escaped", create(text[:-1] + r', "\u0048ostConfig": {"Privileged": true}}')
    yield "two, other case", create(text[:-1] + ', "hostconfig": {"Privileged": true}}')
    yield "two Images", create(text[:-1] + ', "Image": "python:3.11-slim"}')
    yield "two mounts' sources", replaced('"Type": "volume"', '"Source": "/", "Type": "volume"')
    yield (
        "two labels",
        replaced('"nyc-tlc.task": "script"', '"nyc-tlc.task": "a", "nyc-tlc.task": "b"'),
    )
    yield (
        "two in the log's settings",
        replaced('"Config": {}', '"Config": {}, "Config": {"labels": "a"}'),
    )


def texts(good: dict[str, Any]) -> Cases:
    text = json.dumps(good)
    for name, body in {
        "empty": "", "null": "null", "a list": f"[{text}]", "a string": json.dumps(text), "a number": "1",
        "{}": "{}", "cut short": text[:-1], "two documents": text + text, "text behind": text + "x",
        "a comment": "/**/" + text, "a comma more": text[:-1] + ",}", "one quote": text.replace('"', "'"),
        "a BOM": "\ufeff" + text, "NaN": text.replace("1000000000", "NaN"),
        "Infinity": text.replace("1000000000", "Infinity"), "hex": text.replace("1000000000", "0x3b9aca00"),
        "an exponent": text.replace("1000000000", "1e9"),
        "a long number": text.replace("1000000000", "1" * 5000),
        "a leading zero": text.replace("1000000000", "01000000000"),
        "deep lists": "[" * 30_000 + "]" * 30_000, "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
        "deep in Cmd": text.replace('["python"', "[" * 5000 + "]" * 4999 + ', ["python"'),
        "a form": "Image=a&HostConfig.Privileged=true",
        "over 64 KiB": json.dumps({**good, "Env": ["A=" + "x" * 66_000]}),
        "10 MB": json.dumps({**good, "Env": ["A=" + "x" * 10_000_000]}),
        "spaces before": " " * 70_000 + text,
    }.items():  # fmt: skip
        yield name, create(body)
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        yield encoding, request("POST", "/v1.41/containers/create", text.encode(encoding))
    yield (
        "not UTF-8",
        request("POST", "/v1.41/containers/create", text.encode().replace(b"hello", b"\xff\xfe")),
    )


def versions(good: dict[str, Any]) -> Cases:
    for version in (
        "", "/v1.12", "/v1.24", "/v1.40", "/v1.4", "/v1.041", "/v1.100", "/v2.41", "/v0.41", "/V1.41",
        "/v1.41.1", "/v1.41/v1.41", "/v1.41/.", "//v1.41", "/v1,41", "/v1.4%31", "/v", "/v1.41;", "/1.41",
    ):  # fmt: skip
        yield repr(version), create(good, f"{version}/containers/create")


OTHER_QUERIES = """\
POST /containers/ID/start?checkpoint=a
POST /containers/ID/start?detachKeys=a
POST /containers/ID/attach?stdin=1&stream=1
POST /containers/ID/attach?stream=1&detachKeys=a
POST /containers/ID/attach?stream=0
POST /containers/ID/attach?stream=1&stream=1
POST /containers/ID/attach?stream=1&STDIN=1
GET /containers/ID/attach?stream=1
GET /containers/ID/logs?stdout=1&since=1
GET /containers/ID/logs?tail=-1
GET /containers/ID/json?size=1
POST /containers/ID/wait?condition=removed
POST /containers/ID/stop?t=-1
POST /containers/ID/stop?signal=a
POST /containers/ID/kill?signal=9
POST /containers/ID/kill?signal=SIGSTOP
DELETE /containers/ID?v=True
DELETE /containers/ID?link=True
DELETE /containers/ID?v=1
DELETE /containers/ID?force=True&force=True
GET /containers/json?filters=%7B
GET /containers/json?all=2
GET /containers/json?size=1
GET /containers/json?limit=1
GET /images/json
GET /images/json?all=1
GET /images/json?filters=
GET /version?a=1
GET /_ping?a=1
"""
OTHER_FILTERS = """\
images {}
images {"reference": []}
images {"reference": ["python:3.11-slim"]}
images {"reference": ["nyc-tlc-a:1", "nyc-tlc-b:1"]}
images {"reference": {"nyc-tlc-a:1": true}}
images {"reference": ["nyc-tlc-*:1"]}
images {"reference": ["nyc-tlc-a:1"], "dangling": ["true"]}
containers {"name": ["warehouse"]}
containers {"label": {"a=b": true}}
containers []
containers {"label": "a"}
containers {"Label": ["a"]}
containers {"status": ["running"]}
containers {"label": ["a"], "label": []}
"""


def queries(good: dict[str, Any]) -> Cases:
    for query in (
        "name=warehouse", "platform=linux", "x=1", "name", "=", "&", "fromImage=a", "name=a&name=b",
        "%6eame=a", "filters=%7B%7D", ";name=a",
    ):  # fmt: skip
        yield f"create?{query}", create(good, f"/v1.41/containers/create?{query}")
    for line in OTHER_QUERIES.splitlines():
        method, target = line.split()
        yield line, request(method, f"/v1.41{target}".replace("ID", CONTAINER))
    for line in OTHER_FILTERS.splitlines():
        path, text = line.split(maxsplit=1)
        yield line, request("GET", f"/v1.41/{path}/json?filters={quote(text)}")


def bodies(good: dict[str, Any]) -> Cases:
    """No body where none belongs: before API 1.24, start took a HostConfig."""
    text = json.dumps(good["HostConfig"])
    one = f"/v1.41/containers/{CONTAINER}"
    for action in ("start", "stop", "kill", "wait", "attach?stream=1"):
        yield action, request("POST", f"{one}/{action}", text)
        yield f"{action}, one byte", request("POST", f"{one}/{action}", b" ")
    yield "remove", request("DELETE", one, text)
    yield "inspect", request("GET", f"{one}/json", text, f"Content-Length: {len(text)}")
    yield "list", request("GET", "/v1.41/containers/json", text, f"Content-Length: {len(text)}")
    yield (
        "chunked start",
        request(
            "POST",
            f"{one}/start",
            b"2\r\n{}\r\n0\r\n\r\n",
            "Content-Length: 0",
            "Transfer-Encoding: chunked",
        ),
    )
    for content_type in (
        "", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/x-tar",
        "application/json; charset=utf-16", "application/json,text/plain", "APPLICATION/JSON2",
        "multipart/form-data",
    ):  # fmt: skip
        target = "/v1.41/containers/create"
        raw = request("POST", target, json.dumps(good), content_type=content_type)
        yield f"content type {content_type!r}", raw


def framing(good: dict[str, Any]) -> Cases:
    target, text = "/v1.41/containers/create", json.dumps(good)
    evil = json.dumps(with_host(good, Privileged=True))
    chunks = f"{len(text):x}\r\n{text}\r\n0\r\n\r\n"
    json_type, length = "Content-Type: application/json", f"Content-Length: {len(text)}"

    def raw(*lines: str, body: str = text, end: str = "\r\n", first: str = "") -> bytes:
        head = [first or f"POST {target} HTTP/1.1", "Host: a", *lines, "", ""]
        return (end.join(head) + body).encode("latin-1")

    yield "chunked", raw(json_type, "Transfer-Encoding: chunked", body=chunks)
    yield "chunked in other case", raw(json_type, "TRANSFER-encoding: Chunked", body=chunks)
    yield "identity", raw(json_type, length, "Transfer-Encoding: identity")
    yield "both lengths", raw(json_type, length, "Transfer-Encoding: chunked")
    yield (
        "both lengths, chunked first",
        raw(json_type, "Transfer-Encoding: chunked", length, body=chunks),
    )
    yield "a space before the colon", raw(json_type, length, "Transfer-Encoding : chunked")
    yield "two lengths", raw(json_type, length, "Content-Length: 5")
    yield "the same length twice", raw(json_type, length, length)
    yield "a list of lengths", raw(json_type, f"{length}, {len(text)}")
    for wrong in ("+1", "-1", "0x10", "1e3", "", "99999999999999999999", "1 0", "\u00b9"):
        yield f"length {wrong!r}", raw(json_type, f"Content-Length: {wrong}")
    yield "no length", raw(json_type)
    yield "a shorter length", raw(json_type, f"Content-Length: {len(text) - 1}")
    yield "LF alone", raw(json_type, length, end="\n")
    yield "one LF alone", raw(json_type, f"A: b\n{length}")
    yield "CR alone", raw(json_type, f"A: b\r{length}")
    yield "a folded header", raw(json_type, length, "A: b\r\n c")
    yield "a header without a colon", raw(json_type, length, "Host")
    yield "a header without a name", raw(json_type, length, ": a")
    yield "a name with a null byte", raw(json_type, length, "A\0: b")
    yield "a value with a null byte", raw(json_type, length, "A: b\0")
    yield "a value beyond ASCII", raw(json_type, length, "A: \u00e9")
    yield "headers over 16 KiB", raw(json_type, length, f"A: {'b' * 17_000}")
    yield "many headers", raw(json_type, length, *(f"A{n}: b" for n in range(3000)))
    yield "two content types", raw(json_type, "Content-Type: text/plain", length)
    yield "Expect", raw(json_type, length, "Expect: 100-continue")
    yield "Upgrade", raw(json_type, length, "Connection: Upgrade", "Upgrade: tcp")
    yield (
        "Upgrade to HTTP/2",
        raw(json_type, length, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    )
    yield "a second request behind", raw(json_type, length) + create(evil)
    yield "a request behind a ping", raw(first="GET /_ping HTTP/1.1", body="") + create(evil)
    yield (
        "a request as a ping's body",
        raw(
            f"Content-Length: {len(create(evil))}",
            first="GET /_ping HTTP/1.1",
            body=create(evil).decode(),
        ),
    )
    for first in (
        f"POST {target} HTTP/1.0", f"POST {target} HTTP/2", f"POST {target}", f"POST  {target} HTTP/1.1",
        f"post {target} HTTP/1.1", f"POST {target} HTTP/1.1 ", f" POST {target} HTTP/1.1",
        f"POST http://docker{target} HTTP/1.1", f"POST {target}#a HTTP/1.1", f"POST\t{target}\tHTTP/1.1",
        f"PUT {target} HTTP/1.1", f"GET {target} HTTP/1.1", f"PATCH {target} HTTP/1.1",
        "CONNECT a:1 HTTP/1.1",
        "OPTIONS * HTTP/1.1", "PRI * HTTP/2.0", f"POST {target} HTTP/1.1\0",
    ):  # fmt: skip
        yield f"{first!r}", raw(json_type, length, first=first)


OTHER_ROUTES = """\
POST /containers/ID/exec
POST /exec/ID/start
GET /exec/ID/json
POST /build
POST /build/prune
POST /commit?container=ID
POST /images/create?fromImage=python
POST /images/create?fromSrc=-
POST /images/load
POST /images/a/push
POST /images/a/tag?repo=nyc-tlc-a&tag=1
GET /images/a/json
GET /images/get
GET /images/search?term=a
POST /images/prune
DELETE /images/a
POST /auth
GET /containers/ID/archive?path=/
PUT /containers/ID/archive?path=/
HEAD /containers/ID/archive?path=/
POST /containers/ID/update
POST /containers/ID/rename?name=b
POST /containers/ID/restart
POST /containers/ID/pause
POST /containers/ID/unpause
POST /containers/ID/resize?h=1&w=1
GET /containers/ID/top
GET /containers/ID/stats
GET /containers/ID/changes
GET /containers/ID/export
GET /containers/ID/attach/ws?stdin=1
POST /containers/prune
POST /containers/ID/copy
GET /containers/warehouse/json
GET /containers/aaaaaaaaaaaa/json
GET /containers/ID/json/
GET /containers/UPPER/json
DELETE /containers/warehouse
GET /containers/../containers/json
GET /containers/%2e%2e/json
GET /containers
GET /volumes
POST /volumes/create
DELETE /volumes/a
GET /volumes/a
GET /networks
POST /networks/create
POST /networks/a/connect
GET /swarm
POST /swarm/init
GET /secrets
POST /secrets/create
GET /configs
GET /services
POST /services/create
GET /nodes
GET /tasks
GET /plugins
POST /plugins/pull?remote=a
GET /info
GET /events
GET /system/df
POST /session
POST /grpc
GET /distribution/a/json
HEAD /_ping
GET /../v1.41/volumes
GET /containers/json/../../volumes
GET /images/../volumes/json
GET /metrics
GET /debug/pprof/
"""


def routes(good: dict[str, Any]) -> Cases:
    for line in OTHER_ROUTES.splitlines():
        method, path = line.split()
        path = path.replace("UPPER", "A" * 64).replace("ID", CONTAINER)
        yield line, request(method, f"/v1.41{path}")
