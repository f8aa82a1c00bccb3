"""Words to write down what a JSON value may be. What they do not allow is refused.

A rule is a function of a value and its place in the document, such as ``HostConfig.CapDrop``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any, str], None]

SHOWN = 60


class RefusedError(Exception):
    """The request is not on the whitelist. The text says what was seen and what is allowed."""


def parse(document: bytes) -> Any:
    """Strict JSON: UTF-8, no key twice, no NaN. Go's parser would take the last of two keys."""
    try:
        return json.loads(
            document.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except RecursionError:
        raise RefusedError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise RefusedError(f"this is not JSON in UTF-8 ({error})") from None


def exactly(*values: Any) -> Rule:
    """One of these values, of the same type: ``true`` is not ``1``."""
    allowed = [_canonical(value) for value in values]

    def check(value: Any, place: str) -> None:
        if _canonical(value) not in allowed:
            raise _refused(value, place, " or ".join(allowed))

    return check


def text(pattern: str, meaning: str, *, secret: bool = False) -> Rule:
    """A string that fits the pattern as a whole; a ``secret`` one is not shown when it does not."""
    fits = re.compile(pattern, re.DOTALL).fullmatch

    def check(value: Any, place: str) -> None:
        if not isinstance(value, str) or not fits(value):
            raise _refused("…" if secret else value, place, meaning)

    return check


def whole_number(low: int, high: int) -> Rule:
    def check(value: Any, place: str) -> None:
        if type(value) is not int or not low <= value <= high:  # a bool is an int too
            raise _refused(value, place, f"a whole number from {low} to {high}")

    return check


def list_of(rule: Rule, *, least: int = 0, most: int) -> Rule:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise RefusedError(
                f"{place} is {_kind(value)}; allowed: a list, {least} to {most} long"
            )
        for index, each in enumerate(value):
            rule(each, f"{place}[{index}]")

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these keys, spelled exactly so (Go's parser ignores case), and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise RefusedError(f"{place or 'the body'} is {_kind(value)}; allowed: an object")
        inside = f"{place}." if place else ""
        _keys_are(value, inside, required, known)
        for key, rule in known.items():
            if key in value:
                rule(value[key], f"{inside}{key}")

    return check


def _keys_are(
    value: dict[str, Any], inside: str, required: Mapping[str, Rule], known: Mapping[str, Rule]
) -> None:
    for key in value:
        if key not in known:
            keys = ", ".join(known) or "none"
            raise RefusedError(f"{inside}{_short(key)} is not allowed; allowed keys: {keys}")
    for key in required:
        if key not in value:
            raise RefusedError(f"{inside}{key} is missing")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise RefusedError(f"the key {_short(twice)} is there twice")
    return found


def _no_constant(name: str) -> None:
    raise RefusedError(f"{name} is not JSON")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _refused(value: Any, place: str, allowed: str) -> RefusedError:
    return RefusedError(f"{place} is {_short(value)}; allowed: {allowed}")


def _kind(value: Any) -> str:
    """Not the value: it may be an environment."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kinds = {dict: "an object", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _short(value: Any) -> str:
    shown = _canonical(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
