"""Metadata, and patches of it."""

from typing import Any

import pytest

from domain.errors import RuleViolationError
from domain.json_text import EMPTY_OBJECT
from domain.metadata import make_metadata, merge_patch


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # the cases of RFC 7396, appendix A, that have an object on top
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


def test_metadata_has_limits_of_size_and_depth() -> None:
    fits = {"k": "x" * (16 * 1024 - 8)}
    eight_deep: dict[str, Any] = {}
    for _ in range(7):
        eight_deep = {"k": eight_deep}

    assert len(make_metadata(fits).text) == 16 * 1024
    assert make_metadata(eight_deep).value == eight_deep
    assert make_metadata(None) == EMPTY_OBJECT
    for too_much in ({"k": fits["k"] + "x"}, {"k": eight_deep}):
        with pytest.raises(RuleViolationError) as raised:
            make_metadata(too_much)
        assert raised.value.field == "metadata"


@pytest.mark.parametrize("number", [1e300, 1e-300])
def test_metadata_has_room_for_numbers_as_they_are_written_out(number: float) -> None:
    assert make_metadata({"k": [number] * 50}).value == {"k": [number] * 50}

    with pytest.raises(RuleViolationError):
        make_metadata({"k": [number] * 55})


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert make_metadata({"k": "\\u0000"}).value == {"k": "\\u0000"}
