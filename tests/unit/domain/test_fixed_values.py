"""A value of the domain stays what it was when it was built, whatever its caller does with what it was built from."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NewType, TypeAliasType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

import domain
from domain.append import decide_append
from domain.consistency import Finding, FindingKind
from domain.conversation import ConversationPatch
from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.json_text import JsonText
from domain.message import NewMessage
from domain.roles import Role

UNCHANGING = {str, int, bool, bytes, datetime, timedelta, UUID, NoneType}
ENDLESS: dict[str, Any] = {}
ENDLESS["again"] = ENDLESS
COPIED = {(Finding, "numbers"): "a view of a copy that nobody else has"}


def values() -> Iterator[type]:
    """Every dataclass of the domain."""
    for found in pkgutil.walk_packages(domain.__path__, "domain."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == found.name:
                yield value


def is_unchanging(hint: Any) -> bool:
    if isinstance(hint, TypeAliasType):
        return is_unchanging(hint.__value__)
    if isinstance(hint, NewType):
        return is_unchanging(hint.__supertype__)
    if get_origin(hint) in (Union, UnionType):
        return all(is_unchanging(part) for part in get_args(hint))
    if get_origin(hint) in (tuple, frozenset):
        return all(part is ... or is_unchanging(part) for part in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, tuple):
        return all(map(is_unchanging, get_type_hints(hint).values()))
    return hint in UNCHANGING or (isinstance(hint, type) and (issubclass(hint, Enum) or dataclasses.is_dataclass(hint)))


def test_every_field_of_a_value_holds_what_cannot_change() -> None:
    found = list(values())
    fields = [(value, field.name) for value in found for field in dataclasses.fields(value)]

    assert len(found) >= 20
    assert {one for one in fields if not is_unchanging(get_type_hints(one[0])[one[1]])} == COPIED.keys()


def test_every_value_is_frozen() -> None:
    assert [value for value in values() if not value.__dataclass_params__.frozen] == []  # type: ignore[attr-defined]  # not in its stubs


def test_a_message_opens_the_calls_that_it_stores() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    calls = [call]
    message = NewMessage(role=Role.ASSISTANT, tool_calls=calls)

    call["id"] = "b"
    calls.append({**call, "id": "c"})

    assert decide_append([message], frozenset()).leaves == frozenset({"a"})
    assert message.tool_calls_json is not None
    assert [stored["id"] for stored in message.tool_calls_json.value] == ["a"]


def test_a_title_is_suggested_by_what_is_stored() -> None:
    part = {"type": "text", "text": "Hello"}
    parts = [part]
    message = NewMessage(role=Role.USER, content=parts)

    part["text"] = "Goodbye"
    parts.clear()

    assert decide_append([message], None).title == "Hello"
    assert message.content_json == JsonText('[{"type":"text","text":"Hello"}]')


def test_an_append_writes_the_messages_that_it_was_decided_on() -> None:
    messages = [NewMessage(role=Role.USER, content="Hello")]
    decision = decide_append(messages, None)

    messages.append(NewMessage(role=Role.ASSISTANT, content="forged"))

    assert len(decision.messages) == 1


def test_a_patch_merges_the_metadata_that_it_was_given() -> None:
    inner = {"b": 1}
    metadata: dict[str, Any] = {"a": inner, "gone": None}
    patch = ConversationPatch(metadata=metadata)

    inner["b"] = 2
    metadata["c"] = 3

    change = patch.decide(JsonText('{"gone":0,"kept":0}'))
    assert change.metadata == JsonText('{"a":{"b":1},"kept":0}')


@pytest.mark.parametrize("metadata", [["a"], {"a": float("nan")}, {"a": {1}}, {"a": "\ud800"}, ENDLESS])
def test_a_patch_of_what_is_no_json_object_cannot_be_built(metadata: Any) -> None:
    with pytest.raises(RuleViolationError) as raised:
        ConversationPatch(metadata=metadata)

    assert raised.value.field == "metadata"


def test_a_finding_keeps_its_numbers() -> None:
    numbers = {"messages": 1}
    finding = Finding(kind=FindingKind.STRAY_MESSAGES, owner_id=OwnerId("ann"), numbers=numbers)

    numbers["messages"] = 2

    assert finding.numbers == {"messages": 1}
