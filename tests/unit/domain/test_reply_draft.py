"""A reply while it is made: what becomes of its events, whole or broken off at any of them."""

from typing import Any

import pytest

from domain.append import decide_append
from domain.content import MAX_BYTES
from domain.errors import RuleViolationError
from domain.message import NewMessage, Status
from domain.reply import StepEnd
from domain.reply_draft import ReplyDraft
from domain.reply_events import (
    BREAKS,
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
INTERRUPTED = ReplyFinished(reason=FinishReason.INTERRUPTED)
FAILED = ReplyFinished(reason=FinishReason.FAILED)


def fold(*events: Any) -> tuple[ReplyDraft, list[StepEnd]]:
    """The draft of these events, and the ends of the steps that they end."""
    draft = ReplyDraft()
    ends = [end for event in events if (end := draft.add(event)) is not None]
    return draft, ends


def messages_of(*events: Any) -> list[NewMessage]:
    """The messages of all steps."""
    return [message for end in fold(*events)[1] for message in (end.message, *end.results)]


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
    _, ends = fold(*PARALLEL)

    assert [(end.runs_on, end.added, end.open_calls) for end in ends] == [
        (True, 3, frozenset()),
        (False, 0, frozenset()),
    ]
    assert shown(messages_of(*PARALLEL)) == [
        (Role.ASSISTANT, "Let me look.", [("a", '{"city":"Rome"}'), ("b", "{}")], Status.COMPLETED),
        (Role.TOOL, "noon", "b", Status.COMPLETED),
        (Role.TOOL, "sunny", "a", Status.COMPLETED),
        (Role.ASSISTANT, "Sunny at noon.", None, Status.COMPLETED),
    ]


@pytest.mark.parametrize("reason", sorted(BREAKS))
@pytest.mark.parametrize("length", range(len(PARALLEL)))
def test_what_is_kept_of_a_reply_that_is_broken_off_anywhere_can_be_appended(length: int, reason: FinishReason) -> None:
    _, ends = fold(*PARALLEL[:length], ReplyFinished(reason=reason))

    kept = [message for end in ends for message in (end.message, *end.results)]
    decision = decide_append(kept, frozenset())
    assert ends[-1].message.status in {Status.INCOMPLETE, Status.FAILED}
    assert all(one.status is Status.COMPLETED for one in kept if one.role is Role.TOOL)
    assert decision.messages == tuple(kept)
    assert (decision.leaves or frozenset()) == ends[-1].open_calls
    assert not ends[-1].runs_on


def test_only_calls_that_are_ready_are_kept_with_the_results_that_came() -> None:
    assert shown(messages_of(*PARALLEL[:9], TextDelta(""), INTERRUPTED)) == [
        (Role.ASSISTANT, "Let me look.", [("b", "{}")], Status.INCOMPLETE)
    ]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (FinishReason.FAILED, Status.FAILED),
        (FinishReason.STOPPED, Status.INCOMPLETE),
        (FinishReason.INTERRUPTED, Status.INCOMPLETE),
        (FinishReason.LENGTH, Status.INCOMPLETE),
    ],
)
def test_of_nothing_an_empty_message_is_kept(reason: FinishReason, status: Status) -> None:
    kept = messages_of(ReasoningDelta("hm"), ReplyFinished(reason=reason))

    assert shown(kept) == [(Role.ASSISTANT, "", None, status)]


def test_calls_that_somebody_else_answers_stay_open() -> None:
    _, (end,) = fold(ToolCallStarted("a", "pay"), ToolCallReady("a"), ReplyFinished(reason=FinishReason.TOOL_CALLS))

    assert shown([end.message]) == [(Role.ASSISTANT, None, [("a", "")], Status.COMPLETED)]
    assert end.open_calls == {"a"}


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
def test_a_reply_that_its_model_cut_off_is_incomplete(reason: FinishReason) -> None:
    (message,) = messages_of(TextDelta("Sunn"), ToolCallStarted("a", "x"), ReplyFinished(reason=reason))

    assert (message.status, message.text, message.call_ids) == (Status.INCOMPLETE, "Sunn", frozenset())


def test_what_was_said_so_far_is_the_text_of_the_step() -> None:
    draft, _ = fold(*PARALLEL[:9])

    assert shown([draft.so_far()]) == [(Role.ASSISTANT, "Let me look.", None, Status.IN_PROGRESS)]


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
        [TextDelta("\ud800")],
        [ToolCallStarted("a", "x"), ReplyFinished()],
        [ToolCallStarted("a", "x"), ToolCallReady("a"), ToolResult("a", "y"), ReplyFinished()],
        [ToolCallStarted("", "x"), ToolCallReady(""), ReplyFinished()],
    ],
)
def test_an_event_that_does_not_follow_is_refused_and_what_was_said_before_can_be_kept(events: list[Any]) -> None:
    draft, ends = fold(TextDelta("Well, "), *events[:-1])

    with pytest.raises(RuleViolationError):
        draft.add(events[-1])

    if not ends:
        end = draft.add(FAILED)
        assert end is not None
        assert (end.message.text, end.message.status) == ("Well, ", Status.INCOMPLETE)


@pytest.mark.parametrize("character", ["x", '"', "ä", "\0", "\N{GRINNING FACE}"])
def test_a_reply_is_as_long_as_a_message_may_be_and_no_longer(character: str) -> None:
    draft = ReplyDraft()
    delta = TextDelta(character * 10_000)

    while draft.has_room_for(delta):
        draft.add(delta)
    draft.add(draft.cut(delta))
    end = draft.add(ReplyFinished(reason=FinishReason.LENGTH))

    assert end is not None
    assert end.message.content_json is not None
    assert MAX_BYTES - 80_000 < end.message.content_json.byte_count <= MAX_BYTES
    assert end.message.status is Status.INCOMPLETE


def test_everything_that_is_said_takes_room() -> None:
    draft, _ = fold(ReasoningDelta("x" * 400_000), ToolCallStarted("a", "f"), ToolCallDelta("a", "y" * 400_000))

    assert not draft.has_room_for(TextDelta("z" * 300_000))
    assert draft.has_room_for(TextDelta("z" * 200_000))
