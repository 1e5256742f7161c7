"""The UI message stream: frames that the protocol allows, the same for a live reply and for its replay."""

import re
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import ConversationId
from domain.reply_events import (
    FinishReason,
    ReasoningDelta,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)
from entrypoints.native_api.ui_message_stream import UIMessageStream, reply_seq_of
from tests.support.arbitrary_replies import replies
from tests.support.ui_message_protocol import check, chunks_of

CONVERSATION = ConversationId(UUID(int=0xC0FFEE))
HEX = f"{0xC0FFEE:032x}"
SEQ = 12
BEGIN: list[dict[str, Any]] = [
    {"type": "start", "messageId": f"msg_{HEX}0000000c"},
    {
        "type": "data-conversation",
        "data": {"conversation_id": f"conv_{HEX}", "message_id": f"msg_{HEX}0000000c"},
    },
    {"type": "start-step"},
]


def frames_of(*events: ReplyEvent, last_event_id: str | None = None) -> bytes:
    stream = UIMessageStream(CONVERSATION, SEQ, last_event_id=last_event_id)
    return b"".join([stream.begin(), *(stream.render(event) for event in events)])


def body_of(*events: ReplyEvent) -> list[dict[str, Any]]:
    """The chunks after the first three."""
    chunks = chunks_of(frames_of(*events), SEQ)
    assert chunks[:3] == BEGIN
    return chunks[3:]


def test_a_text_is_a_part_that_is_opened_and_closed() -> None:
    events: list[ReplyEvent] = [
        TextDelta("Hel"),
        TextDelta(""),
        TextDelta("lo"),
        ReplyFinished(input_tokens=3, output_tokens=0),
    ]

    assert body_of(*events) == [
        {"type": "text-start", "id": "text-1"},
        {"type": "text-delta", "id": "text-1", "delta": "Hel"},
        {"type": "text-delta", "id": "text-1", "delta": "lo"},
        {"type": "text-end", "id": "text-1"},
        {"type": "finish-step"},
        {
            "type": "finish",
            "finishReason": "stop",
            "messageMetadata": {"finish_reason": "stop", "usage": {"input_tokens": 3, "output_tokens": 0}},
        },
    ]


def test_parallel_calls_and_the_next_step_keep_their_order() -> None:
    events: list[ReplyEvent] = [
        ReasoningDelta("Which city?"),
        TextDelta("Let me look."),
        ToolCallStarted("a", "weather"),
        ToolCallStarted("b", "time"),
        ToolCallDelta("a", '{"city":\n'),
        ToolCallDelta("a", ' "Rome"}'),
        ToolCallReady("b"),
        ToolCallReady("a"),
        ToolResult("b", "noon"),
        ToolResult("a", '{"sky": "blue"}'),
        StepFinished(),
        TextDelta("Blue."),
        ReplyFinished(),
    ]

    assert body_of(*events) == [
        {"type": "reasoning-start", "id": "reasoning-1"},
        {"type": "reasoning-delta", "id": "reasoning-1", "delta": "Which city?"},
        {"type": "reasoning-end", "id": "reasoning-1"},
        {"type": "text-start", "id": "text-2"},
        {"type": "text-delta", "id": "text-2", "delta": "Let me look."},
        {"type": "text-end", "id": "text-2"},
        {"type": "tool-input-start", "toolCallId": "a", "toolName": "weather"},
        {"type": "tool-input-start", "toolCallId": "b", "toolName": "time"},
        {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": '{"city":\n'},
        {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": ' "Rome"}'},
        {"type": "tool-input-available", "toolCallId": "b", "toolName": "time", "input": {}},
        {"type": "tool-input-available", "toolCallId": "a", "toolName": "weather", "input": {"city": "Rome"}},
        {"type": "tool-output-available", "toolCallId": "b", "output": "noon"},
        {"type": "tool-output-available", "toolCallId": "a", "output": '{"sky": "blue"}'},
        {"type": "finish-step"},
        {"type": "start-step"},
        {"type": "text-start", "id": "text-3"},
        {"type": "text-delta", "id": "text-3", "delta": "Blue."},
        {"type": "text-end", "id": "text-3"},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "stop", "messageMetadata": {"finish_reason": "stop"}},
    ]


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.STOP, "stop"),
        (FinishReason.TOOL_CALLS, "tool-calls"),
        (FinishReason.LENGTH, "length"),
        (FinishReason.CONTENT_FILTER, "content-filter"),
    ],
)
def test_an_end_that_is_no_break_tells_its_reason(reason: FinishReason, word: str) -> None:
    finish = {"type": "finish", "finishReason": word, "messageMetadata": {"finish_reason": str(reason)}}

    assert body_of(ReplyFinished(reason=reason)) == [{"type": "finish-step"}, finish]


def test_a_reply_that_was_stopped_says_so_and_is_finished() -> None:
    assert body_of(ReplyFinished(reason=FinishReason.STOPPED)) == [
        {"type": "finish-step"},
        {"type": "abort", "reason": "stopped"},
        {"type": "finish", "finishReason": "other", "messageMetadata": {"finish_reason": "stopped"}},
    ]


@pytest.mark.parametrize("reason", [FinishReason.FAILED, FinishReason.INTERRUPTED])
def test_a_reply_that_broke_ends_with_an_error_and_without_finish(reason: FinishReason) -> None:
    said = body_of(TextDelta("Sun"), ToolCallStarted("a", "sky"), ToolCallDelta("a", "{"), ReplyFinished(reason=reason))

    *_, call_delta, call_end, step_end, metadata, error = said
    assert call_delta == {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": "{"}
    assert call_end["type"] == "tool-input-error"
    assert step_end == {"type": "finish-step"}
    assert metadata == {"type": "message-metadata", "messageMetadata": {"finish_reason": str(reason)}}
    assert (error["type"], set(error)) == ("error", {"type", "errorText"})


@pytest.mark.parametrize("arguments", ["{", '{"a": "\\ud800"}', "[" * 100_000, '{"a":"x\ny"}'])
def test_arguments_that_are_no_json_are_told_as_an_error_of_the_call(arguments: str) -> None:
    call: list[ReplyEvent] = [
        ToolCallStarted("a", "sky"),
        ToolCallDelta("a", arguments),
        ToolCallReady("a"),
        ToolResult("a", "blue"),
    ]

    *_, ready, answered, _, _, _, _ = body_of(*call, StepFinished(), ReplyFinished())
    assert ready["type"] == "tool-input-error"
    assert ready["input"] == arguments
    assert answered["output"] == "blue"


def test_numbers_in_arguments_pass_as_the_model_wrote_them() -> None:
    call: list[ReplyEvent] = [
        ToolCallStarted("a", "add"),
        ToolCallDelta("a", '{"n": 12345678901234567890123, "x": 1.50}'),
    ]

    assert b'"input":{"n":12345678901234567890123,"x":1.50}' in frames_of(*call, ToolCallReady("a"))


@given(replies())
def test_whatever_a_responder_may_tell_follows_the_protocol(events: list[ReplyEvent]) -> None:
    read = check(frames_of(*events), SEQ)

    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert read.text == said
    results = [event.content for event in events if isinstance(event, ToolResult)]
    assert read.outputs == results


@given(replies(longest=20), st.data())
def test_a_client_gets_what_it_has_not_and_nothing_else(events: list[ReplyEvent], data: st.DataObject) -> None:
    whole = frames_of(*events)
    starts = [frame.start() for frame in re.finditer(rb"^id:", whole, re.MULTILINE)]
    count = data.draw(st.integers(0, len(starts) - 1))

    assert frames_of(*events, last_event_id=f"{SEQ}-{count}") == whole[starts[count] :]


@pytest.mark.parametrize("last_event_id", ["", "11-3", "3", "12-", "12--3", "-12-3", "12-٣", "x", "12-3 "])
def test_an_id_of_another_reply_or_of_none_leaves_out_nothing(last_event_id: str) -> None:
    assert frames_of(TextDelta("hi"), ReplyFinished(), last_event_id=last_event_id) == frames_of(
        TextDelta("hi"), ReplyFinished()
    )


def test_the_checker_finds_what_breaks_the_protocol() -> None:
    *frames, _ = frames_of(
        TextDelta("hi"), ToolCallStarted("a", "x"), ToolCallReady("a"), ToolResult("a", "y"), ReplyFinished()
    ).split(b"\n\n")[:-1]
    contents = [frame.split(b"\n", 1)[1] for frame in frames]

    def accepts(some: list[bytes], end: bytes = b"id:\ndata: [DONE]\n\n") -> bool:
        stream = b"".join(b"id: 12-%d\n%b\n\n" % (number, one) for number, one in enumerate(some, 1))
        try:
            check(stream + end, SEQ)
        except (AssertionError, ValueError):
            return False
        return True

    assert accepts(contents)
    assert not accepts(contents, b"")
    optional = {number for number, one in enumerate(contents) if b"delta" in one or b"data-" in one or b"output" in one}
    for number in set(range(len(contents))) - optional:
        assert not accepts(contents[:number] + contents[number + 1 :]), contents[number]
        assert not accepts([*contents[:number], contents[number], contents[number], *contents[number + 1 :]])


@pytest.mark.parametrize(
    ("last_event_id", "seq"), [("12-3", 12), ("12-0", 12), (None, None), ("", None), ("12-x", None), ("1" * 19, None)]
)
def test_the_id_of_a_frame_names_its_reply(last_event_id: str | None, seq: int | None) -> None:
    assert reply_seq_of(last_event_id) == seq
