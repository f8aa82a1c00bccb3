"""An object store in this process's memory, attached as Airflow's providers attach gs and s3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.io import attach
from airflow.sdk.io.store import _STORE_CACHE
from fsspec.implementations.memory import MemoryFileSystem


@contextmanager
def memory_store() -> Iterator[MemoryFileSystem]:
    """``memory://…`` while the block lasts."""
    filesystem = MemoryFileSystem()
    attach("memory", fs=filesystem)
    yield filesystem
    _STORE_CACHE.pop("memory")
    filesystem.store.clear()
