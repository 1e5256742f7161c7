"""Fakes of the small ports."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import override
from uuid import UUID

from domain.chat_message import ChatMessage
from domain.credential import Credential
from domain.errors import BannedError, CredentialFailure, UnauthenticatedError, UnavailableError
from domain.identifiers import ConversationId
from domain.ports.conversation_ids import ConversationIds
from domain.ports.readiness import Readiness
from domain.ports.responder import Responder, Turn
from domain.ports.token_counter import TokenCounter
from domain.ports.token_verifier import TokenVerifier
from domain.principal import Principal
from domain.reply_events import ReplyEvent, ReplyFinished, TextDelta


@dataclass(frozen=True, kw_only=True)
class Session:
    """Whose session it is, and when it ends."""

    user_id: str
    expires_at: datetime


class InMemoryTokenVerifier(TokenVerifier):
    """Knows the tokens it is given."""

    def __init__(self, sessions: dict[str, Session] | None = None) -> None:
        self.sessions = sessions or {}
        self.banned: set[str] = set()

    @override
    async def verify(self, credential: Credential) -> Principal:
        session = self.sessions.get(credential.value)
        if session is None:
            raise UnauthenticatedError(CredentialFailure.UNKNOWN)
        if session.expires_at <= datetime.now(UTC):
            raise UnauthenticatedError(CredentialFailure.EXPIRED)
        if session.user_id in self.banned:
            raise BannedError
        return Principal.of_session(session.user_id, expires_at=session.expires_at)


class CountingConversationIds(ConversationIds):
    """Counts from 1."""

    def __init__(self) -> None:
        self._last = 0

    @override
    def next(self) -> ConversationId:
        self._last += 1
        return ConversationId(UUID(int=self._last))


class ScriptedResponder(Responder):
    """Tells its events (a text is one), then fails if it is told to, or else finishes unless it has done so."""

    def __init__(self, *events: ReplyEvent | str, failure: Exception | None = None) -> None:
        self.events = events
        self.failure = failure
        self.turns: list[Turn] = []

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        self.turns.append(turn)
        for event in self.events:
            if isinstance(event, ReplyFinished):
                yield event
                return
            yield TextDelta(event) if isinstance(event, str) else event
        if self.failure:
            raise self.failure
        yield ReplyFinished()


class CharacterCounter(TokenCounter):
    """Takes each character of the JSON for a token, and the message for one more."""

    @override
    def count(self, message: ChatMessage) -> int:
        return 1 + sum(len(one.text) for one in (message.content, message.tool_calls) if one)


class StaticReadiness(Readiness):
    """Ready, until it is told why not."""

    def __init__(self) -> None:
        self.reason: str | None = None

    @override
    async def check(self) -> None:
        if self.reason:
            raise UnavailableError(self.reason)
