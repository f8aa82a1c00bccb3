"""JSON over HTTP: fetched, told apart from what is none, and written to a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.errors import BadFileError, NotPublishedError, SourceUnreachableError

if TYPE_CHECKING:
    import requests

TIMEOUT_SECONDS = (10, 60)
BUSY = (408, 425, 429, 500, 502, 503, 504)
SHOWN_CHARACTERS = 200


def fetch_json(session: requests.Session, url: str, query: Mapping[str, Any]) -> Any:
    """The body of the answer, parsed.

    Raises SourceUnreachableError (worth another try), NotPublishedError for any other refusal,
    BadFileError for what is not JSON.
    """
    import requests

    try:
        answer = session.get(url, params=dict(query), timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise SourceUnreachableError(
            f"{url} could not be read: {error}. Check the network."
        ) from error
    begins = f"begins {answer.text[:SHOWN_CHARACTERS]!r}"
    if answer.status_code in BUSY:
        raise SourceUnreachableError(
            f"{answer.url} answered {answer.status_code}; try again later."
        )
    if not answer.ok:
        raise NotPublishedError(
            f"{answer.url} answered {answer.status_code}, {begins}. Check the URL."
        )
    try:
        return answer.json()
    except ValueError as error:
        raise BadFileError(f"{answer.url} is not JSON, {begins}. Check the URL: {error}") from error


def part(body: Any, path: str) -> Any:
    """A part of a body by its path: ``products.0.title``. Raises BadFileError where it has none."""
    found = body
    for step in path.split("."):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            there = list(found)[:20] if isinstance(found, dict) else type(found).__name__
            raise BadFileError(f"The answer has no {path!r}: no {step!r} in {there}.") from error
    return found


def write_json(body: Any, path: Path) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(json.dumps(body), encoding="utf-8")
    draft.replace(path)
