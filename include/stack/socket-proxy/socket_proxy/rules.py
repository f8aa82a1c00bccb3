"""What a script task's container may be: every key that DockerOperator sends, with its limits.

``ScriptContainerOperator`` sends exactly this (``nyc_tlc``'s ``limits.py`` and ``mounts.py``). The keys
with only one value are docker-py's defaults. Keys that are not here are refused.
"""

from __future__ import annotations

from typing import Any

from socket_proxy.checks import (
    RefusedError,
    Rule,
    exactly,
    list_of,
    record,
    text,
    whole_number,
)

# Marks the containers of this stack; the proxy sets it, clients cannot.
STACK_LABEL = "nyc-tlc.stack"

MIB = 1024**2
MOST_MEMORY = 8192 * MIB
MOST_CPUS = 4
MOST_PROCESSES = 512

# Names without a registry: an image that is built on this engine and never pulled.
image = text(r"nyc-tlc-[a-z0-9-]{1,60}:[0-9]{1,9}", "an image named nyc-tlc-<name>:<number>")
label = text(r"[^\0]{1,700}", "1 to 700 characters")

argument = text(r"[^\0]*", "a string", secret=True)
variable = text(r"[A-Za-z_][A-Za-z0-9_]*=[^\0]*", "a string NAME=value", secret=True)
user = text(r"[1-9][0-9]{0,8}:[1-9][0-9]{0,8}", "uid:gid as two numbers, neither of them root's 0")

FOLDER = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,9}"
folder = text(FOLDER, "a relative folder such as green/2021-01")
target = text(rf"/data(/{FOLDER})?", "/data or a folder below it")


def container(reports_volume: str) -> Rule:
    """The rule for the body of ``POST /containers/create``."""
    mount = record(
        {
            "Type": exactly("volume"),
            "Source": exactly(reports_volume),
            "Target": target,
            "ReadOnly": exactly(False, True),
        },
        {"VolumeOptions": record({"Subpath": folder})},
    )
    host_config = record(
        {
            "NetworkMode": exactly("none"),
            "ReadonlyRootfs": exactly(True),
            "CapDrop": exactly(["ALL"]),
            "SecurityOpt": exactly(["no-new-privileges:true"]),
            "Tmpfs": exactly({"/tmp": "size=256m,mode=1777"}),
            "Memory": whole_number(16 * MIB, MOST_MEMORY),
            "MemorySwap": whole_number(16 * MIB, MOST_MEMORY),
            "NanoCpus": whole_number(10_000_000, MOST_CPUS * 10**9),
            "PidsLimit": whole_number(1, MOST_PROCESSES),
        },
        {
            "Init": exactly(True),
            "Mounts": list_of(mount, most=4),
            "CpuShares": exactly(1024),
            "LogConfig": exactly({"Type": None, "Config": {}}),
            "PortBindings": exactly({}),
            "Ulimits": exactly([]),
        },
    )
    body = record(
        {
            "Image": image,
            "User": user,
            "Labels": record({"nyc-tlc.run": label, "nyc-tlc.task": label}),
            "HostConfig": host_config,
        },
        {
            "Cmd": list_of(argument, most=200),
            "Env": list_of(variable, most=200),
            "AttachStdin": exactly(False),
            "AttachStdout": exactly(True),
            "AttachStderr": exactly(True),
            "OpenStdin": exactly(False),
            "StdinOnce": exactly(False),
            "Tty": exactly(False),
            "NetworkDisabled": exactly(False),
            "ExposedPorts": exactly({}),
        },
    )

    def check(value: Any, place: str) -> None:
        body(value, place)
        _no_swap(value["HostConfig"])
        for mounted in value["HostConfig"].get("Mounts", []):
            _same_folder(mounted)

    return check


def _no_swap(host_config: dict[str, Any]) -> None:
    """The engine counts memory and swap together here."""
    memory, both = host_config["Memory"], host_config["MemorySwap"]
    if memory != both:
        raise RefusedError(
            f"HostConfig.MemorySwap is {both}; allowed: the same as Memory, {memory}"
        )


def _same_folder(mounted: dict[str, Any]) -> None:
    """A folder of the volume is at its own path below /data, so that all containers agree."""
    part = mounted.get("VolumeOptions", {}).get("Subpath", "")
    expected = f"/data/{part}".rstrip("/")
    if mounted["Target"] != expected:
        raise RefusedError(
            f"HostConfig.Mounts: Target is {mounted['Target']}; allowed for this Subpath: {expected}"
        )
