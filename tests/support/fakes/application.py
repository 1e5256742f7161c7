"""The whole application on fakes."""

from dataclasses import dataclass, field

from application.facade import Application
from domain.ports.conversation_repository import ConversationRepository
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import (
    CountingConversationIds,
    InMemoryTokenVerifier,
    ScriptedResponder,
    Session,
    StaticReadiness,
)


@dataclass
class FakeWorld:
    """The application and the fakes behind it."""

    conversations: ConversationRepository = field(default_factory=InMemoryConversationRepository)
    responder: ScriptedResponder = field(default_factory=lambda: ScriptedResponder("Hi ", "there"))
    readiness: StaticReadiness = field(default_factory=StaticReadiness)
    sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def application(self) -> Application:
        """All use cases over these fakes."""
        return Application.over(
            conversations=self.conversations,
            ids=CountingConversationIds(),
            tokens=InMemoryTokenVerifier(self.sessions),
            responder=self.responder,
            readiness=[self.readiness],
        )
