"""Running replies: the writers of this process. Each runs to its end, also when its caller has gone."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from application.reply_writer import ReplyWriter
from domain.errors import OverloadedError, ReplyLostError, TooManyRepliesError
from domain.identifiers import OwnerId
from domain.reply import ReplyAddress
from domain.reply_events import FinishReason

_log = logging.getLogger(__name__)

MOST_REPLIES: Final = 1000
MOST_ENDED: Final = 20_000
"""Replies that are remembered after their end; some 7 MiB."""
DEFAULT_GRACE: Final = 3.0
"""With the 10 seconds that requests have to end before, less than the 15 after which a worker is killed."""
_ENDING_SECONDS: Final = 5.0


class RunningReplies:
    """Knows the writers, each a task of its own."""

    def __init__(
        self, *, most: int = MOST_REPLIES, most_of_owner: int = MOST_REPLIES, grace: float = DEFAULT_GRACE
    ) -> None:
        """``most``: how many replies may run at once, and ``most_of_owner``: how many of one owner.

        ``grace``: how many seconds they have when it is closed.
        """
        self._most = most
        self._most_of_owner = most_of_owner
        self._of_owner: dict[OwnerId, int] = {}
        self._grace = grace
        self._writers: dict[ReplyAddress, ReplyWriter] = {}
        self._ended: deque[tuple[float, ReplyAddress]] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._beginnings: set[asyncio.Task[Any]] = set()

    @property
    def count(self) -> int:
        """How many replies run here."""
        return len(self._writers)

    def require_room(self) -> None:
        """Raise OverloadedError if no further reply may begin."""
        if len(self._writers) + len(self._beginnings) >= self._most:
            raise OverloadedError

    def require_room_of(self, owner_id: OwnerId) -> None:
        """Raise TooManyRepliesError if no further reply of this owner may begin."""
        if self._of_owner.get(owner_id, 0) >= self._most_of_owner:
            raise TooManyRepliesError(self._most_of_owner)

    @contextmanager
    def counting(self, owner_id: OwnerId) -> Iterator[None]:
        """Count one more reply of this owner, until the end."""
        self._enter(owner_id)
        try:
            yield
        finally:
            self._leave(owner_id)

    def find(self, address: ReplyAddress) -> ReplyWriter | None:
        """The writer of this reply, if it runs here."""
        return self._writers.get(address)

    async def begin[Begun](self, owner_id: OwnerId, begin: Coroutine[Any, Any, Begun]) -> Begun:
        """Do this to its end, also when the caller is cancelled: what is begun must be started."""
        task = asyncio.create_task(begin)
        self._beginnings.add(task)
        self._enter(owner_id)
        task.add_done_callback(self._forget_beginning)
        task.add_done_callback(lambda _: self._leave(owner_id))
        return await asyncio.shield(task)

    def start(self, writer: ReplyWriter) -> None:
        """Let a reply run."""
        self._writers[writer.address] = writer
        self._enter(writer.address.owner_id)
        task = asyncio.create_task(self._run(writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ended_before(self, seconds: float) -> Sequence[ReplyAddress]:
        """The replies that ended here so many seconds ago or earlier, or before the last MOST_ENDED; each once."""
        latest = asyncio.get_running_loop().time() - seconds
        found = []
        while self._ended and (self._ended[0][0] <= latest or len(self._ended) > MOST_ENDED):
            found.append(self._ended.popleft()[1])
        return found

    async def close(self) -> None:
        """Wait for the replies, for as long as ``grace``; then end them with what they have said."""
        await _wait(self._beginnings, self._grace)
        await _wait(self._tasks, self._grace)
        for writer in self._writers.values():
            writer.break_off(FinishReason.INTERRUPTED)
        await _wait(self._tasks, _ENDING_SECONDS)
        for task in self._tasks:  # the storage is away; another process will end the reply
            task.cancel()
        await _wait(self._tasks, _ENDING_SECONDS)

    async def _run(self, writer: ReplyWriter) -> None:
        try:
            await writer.run()
        except ReplyLostError:
            _log.warning("A reply was ended by another process, or deleted with its conversation")
        except Exception:  # noqa: BLE001 - a defect; the reply is left to be settled
            _log.exception("A reply could not be written")
        finally:
            del self._writers[writer.address]
            self._leave(writer.address.owner_id)
            self._ended.append((asyncio.get_running_loop().time(), writer.address))

    def _enter(self, owner_id: OwnerId) -> None:
        self._of_owner[owner_id] = self._of_owner.get(owner_id, 0) + 1

    def _leave(self, owner_id: OwnerId) -> None:
        left = self._of_owner.pop(owner_id) - 1
        if left:
            self._of_owner[owner_id] = left

    def _forget_beginning(self, task: "asyncio.Task[Any]") -> None:
        self._beginnings.discard(task)
        if not task.cancelled():
            task.exception()  # if nobody waits for it any more, nobody need be told


async def _wait(tasks: "set[asyncio.Task[Any]]", seconds: float) -> None:
    if tasks:
        await asyncio.wait({*tasks}, timeout=seconds)
