"""The work: what every contestant is asked to do, and how much of it at once."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

WORKERS: Final = 16
CONVERSATIONS: Final = 1 + WORKERS
"""One that is read and written alone, and one for each worker."""
PAGE: Final = 50
BATCH: Final = 20
"""The most items that OpenAI's API takes at once."""

_TEXT: Final = "The quick brown fox jumps over the lazy dog, and the dog takes no notice of it at all. " * 3


class Contestant(Protocol):
    """Keeps conversations, numbered from 0, in a database of its own."""

    name: str

    @abstractmethod
    def cpu(self) -> float:
        """Seconds of CPU that it has used so far, the database's not counted."""

    @abstractmethod
    async def create(self) -> None:
        """Make the next conversation."""

    @abstractmethod
    async def append(self, conversation: int, texts: Sequence[str]) -> None:
        """Append a user's message for each text, all of them at once, durably."""

    @abstractmethod
    async def newest(self, conversation: int, limit: int) -> int:
        """Read the newest messages; how many there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is done ``repeats`` times by each worker, on a conversation of its own or on the one."""

    name: str
    do: Callable[[Contestant, int], Awaitable[None]]
    workers: int = 1
    shared: bool = False
    repeats: int

    @property
    def conversations(self) -> Sequence[int]:
        """One for each worker."""
        return [0] * self.workers if self.shared else range(1, 1 + self.workers)


async def append_one(contestant: Contestant, conversation: int) -> None:
    """Append one item."""
    await contestant.append(conversation, [_TEXT])


async def append_batch(contestant: Contestant, conversation: int) -> None:
    """Append as many items as go at once."""
    await contestant.append(conversation, [_TEXT] * BATCH)


async def read_newest(contestant: Contestant, conversation: int) -> None:
    """Read the newest page."""
    found = await contestant.newest(conversation, PAGE)
    if found != PAGE:
        raise AssertionError(f"{contestant.name} gave {found} items instead of {PAGE}")


async def seed(contestant: Contestant, items: int) -> None:
    """Make the conversations, each with so many items."""
    for conversation in range(CONVERSATIONS):
        await contestant.create()
        for _ in range(items // BATCH):
            await append_batch(contestant, conversation)


CASES: Final = (
    Case(name=f"newest {PAGE}", do=read_newest, repeats=100),
    Case(name=f"newest {PAGE}, {WORKERS} at once", do=read_newest, workers=WORKERS, repeats=10),
    Case(name="append 1", do=append_one, repeats=100),
    Case(name=f"append 1, {WORKERS} at once", do=append_one, workers=WORKERS, repeats=10),
    Case(
        name=f"append 1, {WORKERS} at once, one conversation", do=append_one, workers=WORKERS, shared=True, repeats=10
    ),
    Case(name=f"append {BATCH}", do=append_batch, repeats=50),
    Case(name=f"append {BATCH}, {WORKERS} at once", do=append_batch, workers=WORKERS, repeats=5),
)
"""Reads come first: appends make the conversations longer."""
