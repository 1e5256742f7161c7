"""The whole application on fakes."""

from dataclasses import dataclass, field

from application.facade import Application
from application.reply_writer import ReplyTiming
from application.running_replies import RunningReplies
from domain.ports.conversation_ids import ConversationIds
from domain.ports.owner_archive import OwnerArchive
from domain.ports.reply_log import ReplyLog
from domain.quotas import NO_QUOTAS, Quotas
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
from tests.support.fakes.reply_log import InMemoryReplyLog


@dataclass
class FakeWorld:
    """The application and the fakes behind it."""

    conversations: InMemoryConversationRepository = field(default_factory=InMemoryConversationRepository)
    archive: OwnerArchive = field(default_factory=lambda: InMemoryOwnerArchive(InMemoryConversationRepository()))
    ids: ConversationIds = field(default_factory=CountingConversationIds)
    reply_log: ReplyLog | None = None
    replies: RunningReplies = field(default_factory=lambda: RunningReplies(grace=0))
    timing: ReplyTiming = field(default_factory=lambda: ReplyTiming(interval=0.01, first=0.005, lease=5.0))
    responder: ScriptedResponder = field(default_factory=lambda: ScriptedResponder("Hi ", "there"))
    quotas: Quotas = NO_QUOTAS
    readiness: StaticReadiness = field(default_factory=StaticReadiness)
    sessions: dict[str, Session] = field(default_factory=dict)
    owners: InMemoryOwnerVerifier = field(default_factory=InMemoryOwnerVerifier)

    def __post_init__(self) -> None:
        self.log = self.reply_log or InMemoryReplyLog(self.conversations)

    @property
    def application(self) -> Application:
        """All use cases over these fakes."""
        return Application.over(
            conversations=self.conversations,
            reply_log=self.log,
            ids=self.ids,
            archive=self.archive,
            tokens=InMemoryTokenVerifier(self.sessions),
            owners=self.owners,
            token_counter=CharacterCounter(),
            responder=self.responder,
            readiness=[self.readiness],
            replies=self.replies,
            timing=self.timing,
            quotas=self.quotas,
        )
