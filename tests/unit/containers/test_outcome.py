"""How the end of a script's container becomes a result or an error."""

from __future__ import annotations

import pytest

from nyc_tlc.core.containers.outcome import ContainerExit, failure, result, skipped
from nyc_tlc.core.errors import (
    ScriptFailedError,
    ScriptInputError,
    ScriptOutOfMemoryError,
    ScriptResultError,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("ended", "kind", "retryable"),
    [
        (ContainerExit(1), ScriptFailedError, True),
        (ContainerExit(139), ScriptFailedError, True),
        (ContainerExit(64), ScriptInputError, False),
        (ContainerExit(66), ScriptInputError, False),
        (ContainerExit(137), ScriptOutOfMemoryError, False),
        (ContainerExit(1, out_of_memory=True), ScriptOutOfMemoryError, False),
    ],
)
def test_the_exit_code_decides_whether_to_retry(
    ended: ContainerExit, kind: type[Exception], retryable: bool
) -> None:
    error = failure("image:1", ended, ["a line"], "1g")
    assert type(error) is kind
    assert error.retryable is retryable
    assert "a line" in str(error)


def test_only_the_last_lines_are_in_the_message() -> None:
    text = str(failure("image:1", ContainerExit(1), [f"line {i}." for i in range(100)], "1g"))
    assert "line 99." in text
    assert "line 84." not in text


def test_a_script_that_printed_nothing() -> None:
    assert "printed nothing" in str(failure("image:1", ContainerExit(1), [], "1g"))
    with pytest.raises(ScriptResultError, match="last line was ''"):
        result("image:1", [])


def test_the_result_is_the_last_json_object_even_between_log_lines() -> None:
    assert result("image:1", ['{"a": 1}', '{"a": 2}', "{not json", "done"]) == {"a": 2}


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]", "3", "{'a': 1}", '{"a":' * 100_000, '{"a": NaN}', '{"a": 1e999}', '{"a": "\\u0000"}',
        '{"a": "' + "x" * 20_000 + '"}',
    ],
)  # fmt: skip
def test_only_a_json_object_is_a_result(line: str) -> None:
    with pytest.raises(ScriptResultError):
        result("image:1", [line])


def test_a_long_line_is_cut_in_every_message() -> None:
    lines = ["x" * 1_000_000] * 20
    assert len(str(failure("image:1", ContainerExit(1), lines, "1g"))) < 10_000
    assert len(skipped("image:1", lines)) < 1000
    with pytest.raises(ScriptResultError) as raised:
        result("image:1", lines)
    assert len(str(raised.value)) < 1000
