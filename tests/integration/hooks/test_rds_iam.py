"""RDS with IAM: the hook logs in with a token of AWS, which boto3 computes, in place of a password.

A server that asks for the password in clear text, as RDS does within TLS, shows what the hook sends.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.s3_server import PACKAGES, install

pytestmark = pytest.mark.integration

LOGIN = """
from nyc_tlc.core.errors import WarehouseRefusedError
from nyc_tlc.hooks.postgres import TaxiPostgresHook

try:
    TaxiPostgresHook().get_conn()
except WarehouseRefusedError as error:
    print("refused:", error)
"""
EXTRA = {"iam": True, "aws_conn_id": "aws_default", "sslmode": "disable"}
AWS = {
    "conn_type": "aws", "login": "AKIDEXAMPLE", "password": "a-secret-key",
    "extra": {"region_name": "eu-central-1"},
}  # fmt: skip


def refused_login(server: socket.socket) -> tuple[bytes, bytes]:
    """Take one login and refuse it; returns the startup packet, and the password that was sent."""
    client, _ = server.accept()
    with client, client.makefile("rb") as sent:
        startup = sent.read(struct.unpack("!I", sent.read(4))[0] - 4)
        client.sendall(b"R" + struct.pack("!II", 8, 3))  # AuthenticationCleartextPassword
        assert sent.read(1) == b"p"
        password = sent.read(struct.unpack("!I", sent.read(4))[0] - 4)
        text = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"
        client.sendall(b"E" + struct.pack("!I", len(text) + 4) + text)
    return startup, password.rstrip(b"\0")


def test_the_hook_logs_in_with_a_token_that_is_not_shown(tmp_path: Path) -> None:
    install()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as waiting:
        server.settimeout(300)
        port = server.getsockname()[1]
        login = waiting.submit(refused_login, server)
        warehouse = {
            "conn_type": "postgres", "host": "127.0.0.1", "port": port, "login": "loader",
            "schema": "nyc_tlc", "extra": EXTRA,
        }  # fmt: skip
        environment = {
            **os.environ, "AIRFLOW_HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join([str(PACKAGES), *sys.path]),
            "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse),
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(AWS),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", LOGIN], env=environment, capture_output=True, text=True
        )
        assert "refused:" in done.stdout, done.stdout + done.stderr
        startup, password = login.result(timeout=60)

    assert b"user\0loader\0" in startup
    token = password.decode()
    asked = urlsplit(f"https://{token}")
    assert (asked.hostname, asked.port) == ("127.0.0.1", port)
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert (query["Action"], query["DBUser"]) == ("connect", "loader")
    assert query["X-Amz-Credential"].startswith("AKIDEXAMPLE/")
    assert query["X-Amz-Credential"].endswith("/eu-central-1/rds-db/aws4_request")
    shown = done.stdout + done.stderr
    assert "password authentication failed" in shown
    assert query["X-Amz-Signature"] not in shown
    assert "a-secret-key" not in shown
