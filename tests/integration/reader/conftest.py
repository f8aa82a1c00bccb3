"""One server and one database for all tests of this folder, because they test the reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture(scope="session")
def warehouse() -> Iterator[psycopg.Connection[Any]]:
    from dev import warehouse as server
    from tests.support.debian_postgres import server_folder

    with server_folder() as folder:
        home = folder / "data"
        socket = server.start(home)
        arguments = {"host": socket, "user": server.OWNER, "dbname": server.DATABASE}
        with psycopg.connect(**arguments, autocommit=True) as connection:
            yield connection
        server.stop(home)
