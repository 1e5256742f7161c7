"""Histories that an agent runtime may write, for Hypothesis to draw: whatever ``decide_append`` accepts."""

from typing import Final

from hypothesis import strategies as st

from domain.append import decide_append
from domain.message import NewMessage, Status
from domain.roles import Role
from tests.support.histories import assistant, result, system, user

_KINDS: Final = [
    "user",
    "assistant",
    "assistant",
    "calls",
    "calls",
    "result",
    "result",
    "result",
    "system",
    "developer",
    "item",
]
_STATUSES: Final = [*[Status.COMPLETED] * 6, Status.IN_PROGRESS, Status.INCOMPLETE, Status.FAILED]
_IDS: Final = "abcdefghij"

type Step = tuple[str, str, Status, int]


def _message(step: Step, open_calls: frozenset[str]) -> NewMessage | None:
    """What the step appends, if it can be appended now."""
    kind, text, status, number = step
    free = [one for one in _IDS if one not in open_calls][: 1 + number % 4]
    match kind:
        case "user":
            return user(f"u{text}", status)
        case "assistant":
            return assistant(text, status=status)
        case "calls":
            return assistant(text or None, *free, status=status) if free else None
        case "item":
            speaker = (Role.ASSISTANT, Role.ASSISTANT, Role.USER, Role.DEVELOPER)[number % 4]
            return NewMessage(role=speaker, item={"type": text}, status=status)
        case "result":
            return result(sorted(open_calls)[number % len(open_calls)], text, status) if open_calls else None
        case _:
            return system(f"s{text}", Role(kind))


@st.composite
def histories(draw: st.DrawFn, longest: int = 60) -> list[NewMessage]:
    """Messages of every role and status, opaque items, calls in parallel, results in any order, interruptions."""
    step = st.tuples(
        st.sampled_from(_KINDS), st.text("xy 中", max_size=12), st.sampled_from(_STATUSES), st.integers(0, 63)
    )
    history: list[NewMessage] = [system() for _ in range(draw(st.integers(0, 3)))]
    open_calls: frozenset[str] = frozenset()
    length = draw(st.integers(0, longest))  # a list alone would seldom be long
    for one in draw(st.lists(step, min_size=length, max_size=longest)):
        message = _message(one, open_calls)
        if message is not None:
            leaves = decide_append([message], open_calls).leaves
            open_calls = open_calls if leaves is None else leaves
            history.append(message)
    return history
