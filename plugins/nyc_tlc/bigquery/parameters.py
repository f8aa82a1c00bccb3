"""Python values as BigQuery's query parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

# A bool is an int, and a datetime a date, so the narrower comes first.
TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (dt.datetime, "TIMESTAMP"),
    (dt.date, "DATE"),
)


def query_parameters(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As the REST API has them; None is a NULL text, a list one of texts."""
    return [_parameter(name, value) for name, value in values.items()]


def _parameter(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        kind: dict[str, Any] = {"type": "ARRAY", "arrayType": {"type": "STRING"}}
        return _named(name, kind, {"arrayValues": [{"value": text} for text in value]})
    kind = {"type": next((kind for known, kind in TYPES if isinstance(value, known)), "STRING")}
    return _named(name, kind, {"value": None if value is None else _text(value)})


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _named(name: str, kind: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "parameterType": kind, "parameterValue": value}
