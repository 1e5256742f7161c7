"""Identifiers, metadata, principals, keys and pages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.append import decide_append
from domain.conversation import Conversation, ConversationPatch, NewConversation
from domain.errors import IdempotencyKeyReusedError, RoleNotAllowedError, RuleViolationError
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import (
    ConversationId,
    format_conversation_id,
    format_message_id,
    make_uuid7,
    parse_conversation_id,
    parse_message_id,
)
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import Message, NewMessage
from domain.metadata import make_metadata, merge_patch
from domain.pages import ConversationWindow, MessagePage, MessageWindow
from domain.principal import Principal
from domain.roles import Role

ID = ConversationId(UUID(int=0xABC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_identifiers_read_back() -> None:
    assert parse_conversation_id(format_conversation_id(ID)) == ID
    assert parse_message_id(format_message_id(format_conversation_id(ID), 7)) == (ID, 7)
    assert format_message_id(format_conversation_id(ID), 7) == "msg_00000000000000000000000000000abc00000007"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv_",
        "0" * 32,
        "conv_" + "0" * 31,
        "conv_" + "0" * 33,
        "conv_" + "A" * 32,
        "conv_" + "\u0660" * 32,
        "conv_" + "0" * 32 + "\n",
        "msg_" + "0" * 40,
    ],
)
def test_other_spellings_of_a_conversation_id_are_not_accepted(text: str) -> None:
    assert parse_conversation_id(text) is None


def test_uuid7_holds_its_time_and_its_version() -> None:
    uuid = make_uuid7(0x0123456789AB, (1 << 74) - 1)

    assert uuid.hex == "0123456789ab7fffbfffffffffffffff"
    assert uuid.version == 7


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


def test_a_user_writes_user_messages_only_and_the_agent_every_role() -> None:
    person = Principal(owner_id=Principal.agent(on_behalf_of="ann").owner_id)
    agent = Principal.agent(on_behalf_of="ann")

    person.require_authorship([Role.USER])
    agent.require_authorship(Role)
    for role in set(Role) - {Role.USER}:
        with pytest.raises(RoleNotAllowedError):
            person.require_authorship([Role.USER, role])


@pytest.mark.parametrize("owner", ["", "x" * 256, "a\0b", "a\nb"])
def test_an_owner_has_a_name(owner: str) -> None:
    with pytest.raises(RuleViolationError):
        Principal.agent(on_behalf_of=owner)


@pytest.mark.parametrize("key", ["", "x" * 129, "a/b", "a b", "é", "a\n"])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        IdempotencyKey(key=key, fingerprint=b"")

    assert raised.value.field == "idempotency_key"


def test_no_callers_key_is_the_key_of_a_step() -> None:
    key = IdempotencyKey(key="k" * 128, fingerprint=b"f")

    assert key.of_step("reply").stored == "k" * 128 + "/reply"


def test_another_request_under_a_key_is_refused() -> None:
    effect = Effect(fingerprint=b"f", conversation_id=ID, first_seq=1, last_seq=1, created_at=NOW)

    effect.require_same_request(IdempotencyKey(key="k", fingerprint=b"f"))
    with pytest.raises(IdempotencyKeyReusedError) as raised:
        effect.require_same_request(IdempotencyKey(key="k", fingerprint=b"g"))
    assert raised.value.field == "idempotency_key"


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"before": 1, "after": 1}, "after"),
        ({"after": 1, "around": 1}, "around"),
        ({"before": -1}, "before"),
        ({"around": 2**32}, "around"),
    ],
)
def test_a_window_out_of_bounds_is_refused(window: dict[str, int], field: str) -> None:
    with pytest.raises(RuleViolationError) as raised:
        MessageWindow(**window)

    assert raised.value.field == field


def test_a_list_shows_1_to_100_conversations() -> None:
    assert ConversationWindow(limit=100).limit == 100
    for limit in (0, 101):
        with pytest.raises(RuleViolationError):
            ConversationWindow(limit=limit)


def test_a_new_conversation_becomes_one_that_is_kept() -> None:
    append = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)
    new = NewConversation(id=ID, title=None, metadata=JsonText('{"a":1}'), append=append)

    conversation = Conversation.of(new, NOW)
    titled = Conversation.of(replace(new, title="Rome", append=None), NOW)

    assert conversation == Conversation(
        id=ID,
        title="Hello",
        title_is_auto=True,
        metadata=JsonText('{"a":1}'),
        last_seq=2,
        archived_at=None,
        created_at=NOW,
        updated_at=NOW,
    )
    assert titled == replace(conversation, title="Rome", title_is_auto=False, last_seq=0)


@pytest.mark.parametrize(
    ("window", "seqs", "before", "after"),
    [
        (MessageWindow(), [8, 9, 10], True, False),
        (MessageWindow(before=4), [1, 2, 3], False, True),
        (MessageWindow(after=4), [5, 6], True, True),
        (MessageWindow(before=1), [], False, True),
        (MessageWindow(after=10), [], True, False),
    ],
)
def test_a_page_knows_what_lies_on_either_side(
    window: MessageWindow, seqs: list[int], *, before: bool, after: bool
) -> None:
    conversation = Conversation(ID, None, False, EMPTY_OBJECT, 10, None, NOW, NOW)  # noqa: FBT003 - as rows give it
    messages = [Message.of(NewMessage(role=Role.USER, content="x"), ID, seq, NOW) for seq in seqs]

    page = MessagePage.of(window, conversation, messages)

    assert (page.has_more_before, page.has_more_after) == (before, after)


@pytest.mark.parametrize("window", [MessageWindow(), MessageWindow(before=1), MessageWindow(after=0)])
def test_beside_no_messages_there_are_no_more(window: MessageWindow) -> None:
    empty = Conversation(ID, None, False, EMPTY_OBJECT, 0, None, NOW, NOW)  # noqa: FBT003 - as rows give it

    page = MessagePage.of(window, empty, [])

    assert (page.has_more_before, page.has_more_after) == (False, False)


def test_a_patch_that_merges_metadata_is_decided_on_the_metadata_as_it_is() -> None:
    current = JsonText('{"a":1}')

    change = ConversationPatch(metadata={"b": 2}).decide(current)

    assert change.metadata is not None
    assert change.metadata.value == {"a": 1, "b": 2}
    assert change.decided_on_metadata == current


def test_null_in_a_patch_removes() -> None:
    change = ConversationPatch(title=None, metadata=None, archived=None).decide(None)

    assert (change.title, change.metadata, change.archived) == (None, EMPTY_OBJECT, False)
    assert change.decided_on_metadata is None


def test_a_stored_message_without_what_is_ours_is_a_chat_message() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    new = NewMessage(role=Role.ASSISTANT, tool_calls=[call], name="bot", metadata={"k": 1})

    chat = Message.of(new, ID, 1, NOW).to_chat()

    assert chat == {"role": "assistant", "content": None, "tool_calls": [call], "name": "bot"}
