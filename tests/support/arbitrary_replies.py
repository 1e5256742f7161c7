"""Events of replies for Hypothesis to draw: whatever ``ReplyDraft`` accepts, up to an end of any reason."""

from hypothesis import strategies as st

from domain.errors import RuleViolationError
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

_IDS = st.sampled_from("abc")
_TEXTS = st.one_of(st.sampled_from(["", "\n", "data: [DONE]\n\n", '{"a": 1}']), st.text(max_size=8))
_EVENTS = st.one_of(
    st.builds(TextDelta, _TEXTS),
    st.builds(ReasoningDelta, _TEXTS),
    st.builds(ToolCallStarted, _IDS, _TEXTS),
    st.builds(ToolCallDelta, _IDS, _TEXTS),
    st.builds(ToolCallReady, _IDS),
    st.builds(ToolResult, _IDS, _TEXTS),
    st.just(StepFinished()),
)
_COUNTS = st.one_of(st.none(), st.integers(0, 10**9))
_FINISHES = st.builds(ReplyFinished, reason=st.sampled_from(FinishReason), input_tokens=_COUNTS, output_tokens=_COUNTS)


@st.composite
def replies(draw: st.DrawFn, longest: int = 60) -> list[ReplyEvent]:
    """The events of a reply: parallel calls, results in any order, several steps, an end at any place."""
    draft, reply = ReplyDraft(), list[ReplyEvent]()
    length = draw(st.integers(0, longest))  # a list alone would seldom be long
    events = draw(st.lists(_EVENTS, min_size=length, max_size=longest))
    for event in [*events, draw(_FINISHES), ReplyFinished(reason=FinishReason.FAILED)]:
        try:
            draft.add(event)
        except RuleViolationError:
            continue
        reply.append(event)
    return reply
