"""Runs a load that stops at one point and waits to be killed: ``POINT DSN FILE``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from nyc_tlc.core.postgres import copy, merge
from tests.support.trip_files import load_month


def wait_to_be_killed() -> None:
    print("waiting", flush=True)
    time.sleep(120)


def after(step: Callable[..., Any]) -> Callable[..., Any]:
    def stopping(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        wait_to_be_killed()

    return stopping


def stopped_copy(encoded: Callable[..., Iterator[tuple[bytes, int]]]) -> Callable[..., Any]:
    def stopping(batches: Any) -> Iterator[tuple[bytes, int]]:
        for sent, item in enumerate(encoded(batches)):
            if sent == 3:
                wait_to_be_killed()
            yield item

    return stopping


def main(point: str, dsn: str, path: str) -> None:
    if point == "copy":
        copy.encoded = stopped_copy(copy.encoded)
    elif point == "staged":
        merge.lock_month = after(merge.lock_month)
    else:
        merge.record_merge = after(merge.record_merge)
    with psycopg.connect(dsn, autocommit=True) as connection:
        load_month(connection, Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
