"""Which settings a new bucket and new datasets get; the emulator ignores most of them."""

from __future__ import annotations

import json

import pytest
from google_answers import Asked, answering, refusal, storage_at, warehouse_at

from nyc_tlc.core.bigquery.setup import ensure_bucket, ensure_datasets

pytestmark = pytest.mark.unit

STAGING = {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["staging/"]}}
RULE = {"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefix": ["raw/"]}}


def bucket_asked_for(keep_raw_days: int | None) -> Asked:
    """The one request that makes it."""
    asked: list[Asked] = []

    def answers(request: Asked) -> tuple[int, bytes]:
        asked.append(request)
        return refusal(404, "notFound", "none") if request.method == "GET" else (200, request.body)

    with answering(answers) as url:
        assert ensure_bucket(storage_at(url), warehouse_at(url), keep_raw_days) is True
    [made] = [request for request in asked if request.method != "GET"]
    return made


def test_a_new_bucket_is_private_labelled_and_where_the_datasets_are() -> None:
    asked = bucket_asked_for(30)
    assert (asked.method, asked.path.split("?")[0]) == ("POST", "/storage/v1/b")
    assert "project=a-project" in asked.path
    made = asked.json
    assert made["name"] == "a-bucket"
    assert made["location"] == "US"
    assert made["labels"] == {"app": "nyc-tlc"}
    assert made["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] is True
    assert made["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert made["lifecycle"] == {"rule": [STAGING, RULE]}


@pytest.mark.parametrize("keep_raw_days", [0, None])
def test_a_new_bucket_keeps_raw_files_by_default(keep_raw_days: int | None) -> None:
    assert bucket_asked_for(keep_raw_days).json["lifecycle"] == {"rule": [STAGING]}


@pytest.mark.parametrize(
    ("keep_raw_days", "rules"), [(None, None), (30, None), (7, 7), (0, [])], ids=str
)
def test_an_existing_rule_stays_unless_another_is_given(
    keep_raw_days: int | None, rules: int | list[object] | None
) -> None:
    """``rules`` as patched: None where nothing is to change, else the age, or no rule of ours."""
    other = {"action": {"type": "Delete"}, "condition": {"numNewerVersions": 3}}
    found = {"name": "a-bucket", "location": "US", "lifecycle": {"rule": [other, STAGING, RULE]}}
    patched: list[Asked] = []

    def answers(request: Asked) -> tuple[int, bytes]:
        if request.method == "PATCH":
            patched.append(request)
        return 200, json.dumps(found).encode()

    with answering(answers) as url:
        assert ensure_bucket(storage_at(url), warehouse_at(url), keep_raw_days) is False
    if rules is None:
        assert patched == []
        return
    first, second, *ours = patched[0].json["lifecycle"]["rule"]
    assert (first, second) == (other, STAGING)
    assert [rule["condition"]["age"] for rule in ours] == ([rules] if rules else [])


def test_new_datasets_are_labelled_and_staging_expires() -> None:
    made: dict[str, dict[str, object]] = {}

    def answers(request: Asked) -> tuple[int, bytes]:
        if request.method == "GET":
            return refusal(404, "notFound", "none")
        made[request.json["datasetReference"]["datasetId"]] = request.json
        return 200, request.body

    with answering(answers) as url:
        assert ensure_datasets(warehouse_at(url)) == ["a_dataset", "a_dataset_staging"]
    assert {each["location"] for each in made.values()} == {"US"}
    assert all(each["labels"] == {"app": "nyc-tlc"} for each in made.values())
    expirations = [each.get("defaultTableExpirationMs") for each in made.values()]
    assert expirations == [None, str(24 * 60 * 60 * 1000)]
