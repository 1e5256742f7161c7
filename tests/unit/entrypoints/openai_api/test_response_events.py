"""What the events of a reply become as those of a response, in OpenAI's order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.identifiers import ConversationId, OwnerId
from domain.reply import ReplyAddress
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
from entrypoints.openai_api.asked_responses import AskedResponse
from entrypoints.openai_api.response_events import ResponseEvents
from entrypoints.openai_api.response_frames import ResponseFrames
from entrypoints.openai_api.response_views import response_in_progress

REPLY = ReplyAddress(OwnerId("ann"), ConversationId(UUID(int=0xABC)), 2)
PLACE = f"{0xABC:032x}"
BEGIN = ["response.created", "response.in_progress"]
TEXT = ["response.output_item.added", "response.content_part.added"]
TEXT_END = ["response.output_text.done", "response.content_part.done", "response.output_item.done"]
DELTA = "response.output_text.delta"


def call(call_id: str) -> list[ReplyEvent]:
    return [
        ToolCallStarted(call_id, "f"),
        ToolCallDelta(call_id, '{"a":'),
        ToolCallDelta(call_id, "1}"),
        ToolCallReady(call_id),
    ]


IN_PROGRESS = response_in_progress(REPLY, "echo", datetime(2026, 1, 1, tzinfo=UTC), AskedResponse())


def told(*events: ReplyEvent) -> tuple[list[dict[str, Any]], Any]:
    """All events of the response, and the response in the end."""
    rendering = ResponseEvents(REPLY, IN_PROGRESS)
    return [*rendering.begin(), *(one for event in events for one in rendering.add(event))], rendering.response


def types(events: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in events]


def test_a_text_has_the_events_of_openai_in_their_order() -> None:
    events, response = told(TextDelta("Hi "), ReasoningDelta("hm"), TextDelta(""), TextDelta("there"), ReplyFinished())

    assert types(events) == [*BEGIN, *TEXT, DELTA, DELTA, *TEXT_END, "response.completed"]
    part = {"type": "output_text", "text": "Hi there", "annotations": [], "logprobs": []}
    item = {"id": f"msg_{PLACE}00000002", "type": "message", "role": "assistant", "status": "completed"}
    assert response["output"] == [{**item, "content": [part]}]
    assert events[-1]["response"] == response
    assert {one.get("item_id", item["id"]) for one in events} == {item["id"]}
    assert [one["delta"] for one in events if one["type"] == DELTA] == ["Hi ", "there"]
    assert (events[0]["response"]["status"], events[0]["response"]["output"]) == ("in_progress", [])


def test_calls_that_were_answered_are_no_output_and_the_next_step_is_another_item() -> None:
    step: list[ReplyEvent] = [TextDelta("Wait."), *call("a"), ToolResult("a", "x"), *call("b"), ToolResult("b", "y")]

    events, response = told(*step, StepFinished(), TextDelta("Sunny."), ReplyFinished())

    assert types(events) == [*BEGIN, *([*TEXT, DELTA, *TEXT_END] * 2), "response.completed"]
    assert [one["id"] for one in response["output"]] == [f"msg_{PLACE}00000002", f"msg_{PLACE}00000005"]


def test_calls_for_the_client_are_told_at_the_end() -> None:
    finish = ReplyFinished(reason=FinishReason.TOOL_CALLS)

    events, response = told(TextDelta("Wait."), *call("a"), ToolResult("a", "x"), *call("b"), finish)

    kinds = [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert types(events)[-5:] == kinds
    assert response["output"][1] == {
        "type": "function_call",
        "id": f"fc_{PLACE}0000000202",
        "call_id": "b",
        "name": "f",
        "arguments": '{"a":1}',
        "status": "completed",
    }
    assert [one["output_index"] for one in events[-5:-1]] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("reason", "last", "status", "details"),
    [
        (FinishReason.LENGTH, "response.incomplete", "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.CONTENT_FILTER, "response.incomplete", "incomplete", {"reason": "content_filter"}),
        (FinishReason.STOPPED, "response.incomplete", "cancelled", None),
        (FinishReason.FAILED, "error", "failed", None),
        (FinishReason.INTERRUPTED, "error", "failed", None),
    ],
)
def test_the_end_says_why(reason: FinishReason, last: str, status: str, details: Any) -> None:
    events, response = told(TextDelta("Hi"), ReplyFinished(reason=reason))

    assert types(events)[-1] == last
    assert (response["status"], response["incomplete_details"]) == (status, details)
    assert (response["error"] is not None) == (status == "failed")
    assert response["output"][0]["content"][0]["text"] == "Hi"


def test_tokens_are_counted_where_the_provider_counts_them() -> None:
    _, counted = told(ReplyFinished(input_tokens=7, output_tokens=3))
    _, uncounted = told(ReplyFinished(input_tokens=7))

    assert {name: counted["usage"][name] for name in ("input_tokens", "output_tokens", "total_tokens")} == {
        "input_tokens": 7,
        "output_tokens": 3,
        "total_tokens": 10,
    }
    assert uncounted["usage"] is None


def test_frames_are_numbered_and_known_ones_are_left_out() -> None:
    events: list[Any] = [{"type": "response.created"}, {"type": "response.in_progress"}]

    assert ResponseFrames().of(events) == (
        b'event: response.created\ndata: {"type":"response.created","sequence_number":0}\n\n'
        b'event: response.in_progress\ndata: {"type":"response.in_progress","sequence_number":1}\n\n'
    )
    assert ResponseFrames(after=0).of(events).count(b"event:") == 1
