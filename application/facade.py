"""The facade: all use cases as one object, the same for every entrypoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from application.append_messages import AppendMessages
from application.authenticate import Authenticate
from application.authenticate_agent import AuthenticateAgent
from application.chat import Chat, ChatTurn
from application.check_readiness import CheckReadiness
from application.create_conversation import CreateConversation
from application.delete_conversation import DeleteConversation
from application.export_owner import ExportOwner
from application.get_message import GetMessage
from application.list_conversations import ListConversations
from application.read_context import ReadContext
from application.read_history import ReadHistory
from application.running_replies import RunningReplies
from application.update_conversation import UpdateConversation
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_archive import OwnerArchive
from domain.ports.owner_verifier import OwnerVerifier
from domain.ports.readiness import Readiness
from domain.ports.responder import Responder
from domain.ports.token_counter import TokenCounter
from domain.ports.token_verifier import TokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Every use case. They keep no state of a caller, so one object serves all callers at once."""

    authenticate: Authenticate
    authenticate_agent: AuthenticateAgent
    create_conversation: CreateConversation
    list_conversations: ListConversations
    read_history: ReadHistory
    read_context: ReadContext
    update_conversation: UpdateConversation
    delete_conversation: DeleteConversation
    append_messages: AppendMessages
    get_message: GetMessage
    chat: Chat
    export_owner: ExportOwner
    check_readiness: CheckReadiness

    @classmethod
    def over(
        cls,
        *,
        conversations: ConversationRepository,
        ids: ConversationIds,
        archive: OwnerArchive,
        tokens: TokenVerifier,
        owners: OwnerVerifier,
        token_counter: TokenCounter,
        responder: Responder,
        readiness: Sequence[Readiness],
        replies: RunningReplies[ChatTurn],
    ) -> Self:
        """The use cases over these ports; whoever made ``replies`` closes them."""
        create, append = CreateConversation(conversations, ids), AppendMessages(conversations)
        return cls(
            authenticate=Authenticate(tokens),
            authenticate_agent=AuthenticateAgent(owners),
            create_conversation=create,
            list_conversations=ListConversations(conversations),
            read_history=ReadHistory(conversations),
            read_context=ReadContext(conversations, token_counter),
            update_conversation=UpdateConversation(conversations),
            delete_conversation=DeleteConversation(conversations),
            append_messages=append,
            get_message=GetMessage(conversations),
            chat=Chat(conversations, create, append, responder, replies),
            export_owner=ExportOwner(archive),
            check_readiness=CheckReadiness(readiness),
        )
