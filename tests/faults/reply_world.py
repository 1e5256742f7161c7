"""Two processes' applications on one database, for trials: in one of them replies are made as a trial says."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self, override
from uuid import uuid4

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.reply_log import PostgresReplyLog
from adapters.system.conversation_ids import RandomConversationIds
from application.facade import Application
from application.reply_writer import ReplyTiming
from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from domain.message import NewMessage, Status
from domain.pages import ConversationWindow
from domain.ports.responder import Responder, Turn
from domain.principal import Principal
from domain.quotas import NO_QUOTAS
from domain.reply import ReplyAddress
from domain.reply_events import ReplyEvent, ReplyFinished, TextDelta
from domain.roles import Role
from tests.faults.reply_checker import check_replies
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import CharacterCounter, InMemoryTokenVerifier, StaticReadiness
from tests.support.fakes.owner_archive import InMemoryOwnerArchive
from tests.support.fakes.owners import InMemoryOwnerVerifier

HELLO: Final = NewMessage(role=Role.USER, content="Hello")
KEY: Final = IdempotencyKey(key="key", fingerprint=b"f")
_PATIENCE: Final = 2.0
"""Seconds for what a broken application may never do."""
_LOSE: Final = "DELETE FROM reply_batches WHERE owner_id = $1 AND conversation_id = $2 AND seq = $3 AND n >= $4"
_TIMING: Final = ReplyTiming(interval=0.02, first=0.01, lease=60)


class Speaker(Responder):
    """Says what it is told to say, when it is told to."""

    def __init__(self) -> None:
        self._spoken: asyncio.Queue[ReplyEvent] = asyncio.Queue()

    def say(self, text: str) -> None:
        """Say it."""
        self._spoken.put_nowait(TextDelta(text))

    def finish(self) -> None:
        """Finish the reply."""
        self._spoken.put_nowait(ReplyFinished())

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        while True:
            yield await self._spoken.get()


@dataclass
class ReplyWorld:
    """The applications, and what a trial does to replies; what goes wrong is kept as a complaint."""

    url: str
    database: Database
    replies: RunningReplies = field(default_factory=lambda: RunningReplies(grace=0))
    speaker: Speaker = field(default_factory=Speaker)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def on(cls, url: str) -> AsyncGenerator[Self]:
        """On a migrated database."""
        async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=5)) as database:
            world = cls(url, database)
            yield world
            await world.replies.close()

    def __post_init__(self) -> None:
        self.ann = Principal(owner_id=OwnerId(f"ann-{uuid4()}"))
        self.log = PostgresReplyLog(self.database)
        self.settle = SettleReply(self.log, lease=_TIMING.lease)
        self.here = self._application(self.replies)
        self.there = self._application(RunningReplies(grace=0))

    async def begun(self, key: IdempotencyKey | None = None) -> ReplyAddress:
        """Begin a reply."""
        return (await self.here.begin_reply(self.ann, HELLO, key=key)).address

    async def appeared(self) -> ReplyAddress:
        """The reply that somebody has begun in the first conversation, once it is there."""
        while not (page := await self.there.list_conversations(self.ann, ConversationWindow())).conversations:  # noqa: ASYNC110 - storage has no event
            await asyncio.sleep(0.001)
        return ReplyAddress(self.ann.owner_id, page.conversations[0].id, 2)

    async def said(self, reply: ReplyAddress, *texts: str) -> None:
        """Say each, and wait until it is written."""
        for text in texts:
            self.speaker.say(text)
            await self._eventually(lambda: self._is_last(reply, TextDelta(text)), f"{text!r} is not written")  # noqa: B023 - it is awaited here

    async def lose(self, reply: ReplyAddress, number: int) -> None:
        """Lose the batches from this number on, as a crash of the database may."""
        await self.database.fetch(_LOSE, [*reply, number])

    async def ended(self, reply: ReplyAddress) -> None:
        """Wait until its writer has ended, and the reply, too."""
        await self._eventually(lambda: self._has_no_writer(reply), "its writer goes on")
        await self._eventually(lambda: self._is_over(reply), "it has no end")

    async def expect(self, reply: ReplyAddress, text: str, status: Status) -> None:
        """The reply's message must be this one."""
        message = await self.there.get_message(self.ann, reply.conversation_id, reply.seq)
        kept = (message.content and message.content.value, message.status)
        if kept != (text, status):
            self.complain(f"{kept} is kept, not {(text, status)}")

    def complain(self, what: str) -> None:
        """Note what is wrong."""
        self.complaints.append(what)

    async def check(self, reply: ReplyAddress) -> list[str]:
        """All complaints, also of what is in the database."""
        found = await asyncio.to_thread(lambda: [*check_replies(self.url, reply.conversation_id)])
        return [*self.complaints, *(f"{invariant}: {what}" for invariant, what in found)]

    async def _eventually(self, condition: Callable[[], Awaitable[bool]], complaint: str) -> None:
        end = asyncio.get_running_loop().time() + _PATIENCE
        while not await condition():
            if asyncio.get_running_loop().time() > end:
                self.complain(complaint)
                return
            await asyncio.sleep(0.005)

    async def _is_last(self, reply: ReplyAddress, event: ReplyEvent) -> bool:
        recorded = await self.log.recorded(reply)
        return recorded is not None and recorded.events[-1:] == (event,)

    async def _has_no_writer(self, reply: ReplyAddress) -> bool:
        return self.replies.find(reply) is None

    async def _is_over(self, reply: ReplyAddress) -> bool:
        recorded = await self.log.recorded(reply)
        return recorded is not None and not recorded.is_running

    def _application(self, replies: RunningReplies) -> Application:
        return Application.over(
            conversations=PostgresConversationRepository(self.database),
            reply_log=self.log,
            ids=RandomConversationIds(),
            archive=InMemoryOwnerArchive(InMemoryConversationRepository()),
            tokens=InMemoryTokenVerifier({}),
            owners=InMemoryOwnerVerifier(),
            token_counter=CharacterCounter(),
            responder=self.speaker,
            readiness=[StaticReadiness()],
            replies=replies,
            timing=_TIMING,
            quotas=NO_QUOTAS,
        )
