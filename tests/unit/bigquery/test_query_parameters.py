"""Values of Python as the REST API takes them, by Google's own classes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from nyc_tlc.core.bigquery.jobs import query_parameters

pytestmark = pytest.mark.unit

NOON = dt.datetime(2021, 1, 31, 12, 0, 0, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "kind", "sent"),
    [
        (True, "BOOL", "true"),
        (7, "INT64", "7"),
        (0.5, "FLOAT64", 0.5),
        (NOON, "TIMESTAMP", "2021-01-31 12:00:00.000005+00:00"),
        (NOON.date(), "DATE", "2021-01-31"),
        ("it's", "STRING", "it's"),
        (None, "STRING", None),
    ],
)
def test_a_value_has_its_type_and_google_s_text(value: Any, kind: str, sent: Any) -> None:
    assert query_parameters({"given": value}) == [
        {"name": "given", "parameterType": {"type": kind}, "parameterValue": {"value": sent}}
    ]


def test_a_list_is_an_array_of_strings() -> None:
    assert query_parameters({"names": ["a", "b"], "none": []}) == [
        {
            "name": name,
            "parameterType": {"type": "ARRAY", "arrayType": {"type": "STRING"}},
            "parameterValue": {"arrayValues": values},
        }
        for name, values in (("names", [{"value": "a"}, {"value": "b"}]), ("none", []))
    ]
