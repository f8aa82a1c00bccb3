"""The one socket option that libpq has no name for: set where it helps, and left alone elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from nyc_tlc.core.postgres.copy import widen_send_buffer

pytestmark = pytest.mark.integration


@pytest.fixture
def pair() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        yield ours


def size(used: socket.socket) -> int:
    return used.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def connection_at(fileno: Callable[[], int]) -> Any:
    return cast("Any", SimpleNamespace(fileno=fileno))


def test_a_unix_socket_gets_a_larger_buffer_and_stays_open(pair: socket.socket) -> None:
    before = size(pair)
    widen_send_buffer(connection_at(pair.fileno))
    assert size(pair) > before
    assert pair.send(b"x") == 1


def test_psycopg_shows_the_descriptor_of_its_socket(connection: psycopg.Connection[Any]) -> None:
    widen_send_buffer(connection)
    with socket.socket(fileno=os.dup(connection.fileno())) as used:
        assert used.family == socket.AF_UNIX
        assert size(used) > 400_000
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_tcp_is_left_to_grow_by_itself() -> None:
    with socket.socket() as tcp:
        before = size(tcp)
        widen_send_buffer(connection_at(tcp.fileno))
        assert size(tcp) == before


def test_without_a_socket_there_is_just_no_larger_buffer(tmp_path: Any) -> None:
    with (tmp_path / "file").open("w") as file:
        widen_send_buffer(connection_at(file.fileno))
    widen_send_buffer(connection_at(lambda: 99_999))
    widen_send_buffer(cast("Any", SimpleNamespace()))
