"""The whole application on fakes."""

from dataclasses import dataclass, field

from application.chat import ChatTurn
from application.facade import Application
from application.running_replies import RunningReplies
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_archive import OwnerArchive
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import (
    CharacterCounter,
    CountingConversationIds,
    InMemoryTokenVerifier,
    ScriptedResponder,
    Session,
    StaticReadiness,
)
from tests.support.fakes.owner_archive import InMemoryOwnerArchive
from tests.support.fakes.owners import InMemoryOwnerVerifier


@dataclass
class FakeWorld:
    """The application and the fakes behind it."""

    conversations: ConversationRepository = field(default_factory=InMemoryConversationRepository)
    archive: OwnerArchive = field(default_factory=lambda: InMemoryOwnerArchive(InMemoryConversationRepository()))
    ids: ConversationIds = field(default_factory=CountingConversationIds)
    replies: RunningReplies[ChatTurn] = field(default_factory=RunningReplies)
    responder: ScriptedResponder = field(default_factory=lambda: ScriptedResponder("Hi ", "there"))
    readiness: StaticReadiness = field(default_factory=StaticReadiness)
    sessions: dict[str, Session] = field(default_factory=dict)
    owners: InMemoryOwnerVerifier = field(default_factory=InMemoryOwnerVerifier)

    @property
    def application(self) -> Application:
        """All use cases over these fakes."""
        return Application.over(
            conversations=self.conversations,
            ids=self.ids,
            archive=self.archive,
            tokens=InMemoryTokenVerifier(self.sessions),
            owners=self.owners,
            token_counter=CharacterCounter(),
            responder=self.responder,
            readiness=[self.readiness],
            replies=self.replies,
        )
