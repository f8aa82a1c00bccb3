"""Object stores on loopback: S3 (moto), and an emulator of Google's."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from dev.emulators import Emulators
from tests.support.s3_server import s3_server


@contextmanager
def s3_store(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of processes that are to use a new bucket; in it as STORE the bucket's URI, and as
    LISTING the address that lists it.
    """
    bucket = f"taxis-{uuid.uuid4().hex[:8]}"
    with s3_server(folder / "s3.log", bucket) as environment:
        yield {**environment, "STORE": f"s3://aws_default@{bucket}"}


def gs_store(emulators: Emulators) -> dict[str, str]:
    """The same, of Google's emulator."""
    bucket = f"taxis-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"name": bucket}).encode()
    headers = {"Content-Type": "application/json"}
    urlopen(Request(f"{emulators.storage}/storage/v1/b?project=p", body, headers), timeout=10)
    return {
        **emulators.environment,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "STORE": f"gs://google_cloud_default@{bucket}",
        "LISTING": f"{emulators.storage}/storage/v1/b/{bucket}/o",
    }


def stored(store: dict[str, str]) -> str:
    """What the store says that it has."""
    with urlopen(store["LISTING"], timeout=10) as answer:
        return str(answer.read().decode())
