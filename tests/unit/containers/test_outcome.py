"""What the end of a script's container becomes."""

from __future__ import annotations

import pytest

from nyc_tlc.containers.outcome import Ended, failure, result
from nyc_tlc.errors import ScriptFailed, ScriptInputBad, ScriptOutOfMemory, ScriptResultBad

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("ended", "kind", "retryable"),
    [
        (Ended(1), ScriptFailed, True),
        (Ended(139), ScriptFailed, True),
        (Ended(64), ScriptInputBad, False),
        (Ended(66), ScriptInputBad, False),
        (Ended(137), ScriptOutOfMemory, False),
        (Ended(1, out_of_memory=True), ScriptOutOfMemory, False),
    ],
)
def test_an_exit_code_says_whether_another_try_can_pass(
    ended: Ended, kind: type[Exception], retryable: bool
) -> None:
    error = failure("image:1", ended, ["a line"], "1g")
    assert type(error) is kind
    assert error.retryable is retryable
    assert "a line" in str(error)


def test_only_the_last_lines_are_in_the_message() -> None:
    text = str(failure("image:1", Ended(1), [f"line {i}." for i in range(100)], "1g"))
    assert "line 99." in text
    assert "line 84." not in text


def test_a_script_that_printed_nothing() -> None:
    assert "printed nothing" in str(failure("image:1", Ended(1), [], "1g"))
    with pytest.raises(ScriptResultBad, match="last line was ''"):
        result("image:1", [])


def test_the_result_is_the_last_json_object_wherever_a_log_line_came_in() -> None:
    assert result("image:1", ['{"a": 1}', '{"a": 2}', "{not json", "done"]) == {"a": 2}


@pytest.mark.parametrize("line", ["[1, 2]", "3", "{'a': 1}"])
def test_what_is_no_json_object_is_no_result(line: str) -> None:
    with pytest.raises(ScriptResultBad):
        result("image:1", [line])
