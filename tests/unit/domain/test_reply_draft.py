"""A reply while it is made: what becomes of its events, whole or broken off at any of them."""

from typing import Any

import pytest

from domain.append import decide_append
from domain.errors import RuleViolationError
from domain.message import Status
from domain.reply_draft import ReplyDraft
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
from domain.roles import Role

PARALLEL: list[ReplyEvent] = [
    ReasoningDelta("Which city? "),
    TextDelta("Let me "),
    TextDelta("look."),
    ToolCallStarted("a", "weather"),
    ToolCallStarted("b", "time"),
    ToolCallDelta("a", '{"city":'),
    ToolCallDelta("b", "{}"),
    ToolCallDelta("a", '"Rome"}'),
    ToolCallReady("b"),
    ToolCallReady("a"),
    ToolResult("b", "noon"),
    ToolResult("a", "sunny"),
    StepFinished(),
    TextDelta("Sunny at noon."),
    ReplyFinished(),
]


def draft_of(*events: Any) -> ReplyDraft:
    draft = ReplyDraft()
    for event in events:
        draft.add(event)
    return draft


def shown(messages: Any) -> list[tuple[Any, ...]]:
    return [
        (
            one.role,
            one.content_json and one.content_json.value,
            [(call["id"], call["function"]["arguments"]) for call in one.tool_calls_json.value]
            if one.tool_calls_json
            else one.tool_call_id,
            one.status,
        )
        for one in messages
    ]


def test_a_reply_of_two_steps_becomes_the_messages_of_chat_completions() -> None:
    messages = draft_of(*PARALLEL).whole()

    assert shown(messages) == [
        (Role.ASSISTANT, "Let me look.", [("a", '{"city":"Rome"}'), ("b", "{}")], Status.COMPLETED),
        (Role.TOOL, "noon", "b", Status.COMPLETED),
        (Role.TOOL, "sunny", "a", Status.COMPLETED),
        (Role.ASSISTANT, "Sunny at noon.", None, Status.COMPLETED),
    ]


@pytest.mark.parametrize("length", range(len(PARALLEL)))
def test_what_is_kept_of_a_reply_that_is_broken_off_anywhere_can_be_appended(length: int) -> None:
    kept = draft_of(*PARALLEL[:length]).as_far_as_it_goes()

    decision = decide_append(kept, frozenset())
    last = next(one for one in reversed(kept) if one.role is Role.ASSISTANT)
    assert last.status in {Status.INCOMPLETE, Status.FAILED}
    assert all(one.status is Status.COMPLETED for one in kept if one.role is Role.TOOL)
    assert decision.messages == tuple(kept)


def test_only_calls_that_are_ready_are_kept_with_the_results_that_came() -> None:
    kept = draft_of(*PARALLEL[:9], TextDelta("")).as_far_as_it_goes()

    assert shown(kept) == [(Role.ASSISTANT, "Let me look.", [("b", "{}")], Status.INCOMPLETE)]


def test_of_nothing_an_empty_failed_message_is_kept() -> None:
    assert shown(draft_of(ReasoningDelta("hm")).as_far_as_it_goes()) == [(Role.ASSISTANT, "", None, Status.FAILED)]


def test_calls_that_somebody_else_answers_stay_open() -> None:
    draft = draft_of(ToolCallStarted("a", "pay"), ToolCallReady("a"), ReplyFinished(reason=FinishReason.TOOL_CALLS))

    assert shown(draft.whole()) == [(Role.ASSISTANT, None, [("a", "")], Status.COMPLETED)]
    assert decide_append(draft.whole(), frozenset()).leaves == frozenset({"a"})


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
def test_a_reply_that_its_model_cut_off_is_incomplete(reason: FinishReason) -> None:
    (message,) = draft_of(TextDelta("Sunn"), ReplyFinished(reason=reason)).whole()

    assert message.status is Status.INCOMPLETE


@pytest.mark.parametrize(
    "events",
    [
        [ReplyFinished(), TextDelta("more")],
        [ToolCallStarted("a", "x"), ToolCallStarted("a", "x")],
        [ToolCallDelta("a", "{}")],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), ToolCallDelta("a", "{}")],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), ToolCallReady("a")],
        [ToolCallStarted("a", "x"), ToolResult("a", "early")],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), ToolResult("a", "1"), ToolResult("a", "2")],
        [ToolResult("a", "of no call")],
        [StepFinished()],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), StepFinished()],
        ["a text"],
        [TextDelta(7)],  # type: ignore[arg-type]
        [TextDelta("x" * 700_000), ReasoningDelta("y" * 700_000)],
    ],
)
def test_an_event_that_does_not_follow_is_refused(events: list[Any]) -> None:
    draft = draft_of(*events[:-1])

    with pytest.raises(RuleViolationError):
        draft.add(events[-1])


@pytest.mark.parametrize(
    "events",
    [
        [TextDelta("no finish")],
        [ToolCallStarted("a", "x"), ReplyFinished()],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), ToolResult("a", "y"), ReplyFinished()],
        [TextDelta("\ud800"), ReplyFinished()],
        [ToolCallStarted("", "x"), ToolCallReady(""), ReplyFinished()],
    ],
)
def test_a_reply_that_is_not_whole_is_refused_and_what_was_said_is_kept(events: list[Any]) -> None:
    draft = draft_of(*events)

    with pytest.raises(RuleViolationError):
        draft.whole()
    kept = draft.as_far_as_it_goes()
    assert kept[0].role is Role.ASSISTANT
    assert decide_append(kept, frozenset()).messages == tuple(kept)
