"""The facade: all use cases as one object, the same for every entrypoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from application.answer_messages import AnswerMessages
from application.append_messages import AppendMessages
from application.authenticate import Authenticate
from application.authenticate_agent import AuthenticateAgent
from application.begin_reply import BeginReply
from application.chat import Chat
from application.check_readiness import CheckReadiness
from application.clear_conversation import ClearConversation
from application.create_conversation import CreateConversation
from application.delete_conversation import DeleteConversation
from application.dissolve_reply import DissolveReply
from application.export_owner import ExportOwner
from application.find_item import FindItem
from application.find_reply import FindReply
from application.follow_reply import FollowReply
from application.get_message import GetMessage
from application.list_conversations import ListConversations
from application.pop_message import PopMessage
from application.read_context import ReadContext
from application.read_history import ReadHistory
from application.remove_message import RemoveMessage
from application.reply_intake import ReplyIntake
from application.reply_writer import ReplyTiming, ReplyWriter
from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from application.show_reply import ShowReply
from application.stop_reply import StopReply
from application.sweep_replies import SweepReplies
from application.take_back_message import TakeBackMessage
from application.update_conversation import UpdateConversation
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_archive import OwnerArchive
from domain.ports.owner_verifier import OwnerVerifier
from domain.ports.readiness import Readiness
from domain.ports.reply_log import ReplyLog
from domain.ports.responder import Responder, Turn
from domain.ports.token_counter import TokenCounter
from domain.ports.token_verifier import TokenVerifier
from domain.quotas import Quotas


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
    find_item: FindItem
    remove_message: RemoveMessage
    pop_message: PopMessage
    take_back_message: TakeBackMessage
    clear_conversation: ClearConversation
    begin_reply: BeginReply
    find_reply: FindReply
    follow_reply: FollowReply
    dissolve_reply: DissolveReply
    stop_reply: StopReply
    sweep_replies: SweepReplies
    chat: Chat
    answer_messages: AnswerMessages
    export_owner: ExportOwner
    check_readiness: CheckReadiness

    @classmethod
    def over(
        cls,
        *,
        conversations: ConversationRepository,
        reply_log: ReplyLog,
        ids: ConversationIds,
        archive: OwnerArchive,
        tokens: TokenVerifier,
        owners: OwnerVerifier,
        token_counter: TokenCounter,
        responder: Responder,
        readiness: Sequence[Readiness],
        replies: RunningReplies,
        timing: ReplyTiming,
        quotas: Quotas,
    ) -> Self:
        """The use cases over these ports; whoever made ``replies`` closes them, and runs ``sweep_replies``."""
        settle = SettleReply(reply_log, lease=timing.lease)
        show = ShowReply(reply_log, settle)
        read_context = ReadContext(conversations, token_counter)

        def take_in(turn: Turn) -> ReplyIntake:
            return ReplyIntake(turn, responder, read_context, longest=timing.longest)

        begin = BeginReply(
            conversations,
            reply_log,
            ids,
            replies,
            settle,
            lambda begun: ReplyWriter(begun, take_in(begun.turn), reply_log, timing),
            quotas,
        )
        remove, pop = RemoveMessage(conversations, settle), PopMessage(conversations, settle)
        follow = FollowReply(conversations, reply_log, replies, settle, patience=timing.lease)
        return cls(
            authenticate=Authenticate(tokens),
            authenticate_agent=AuthenticateAgent(owners),
            create_conversation=CreateConversation(conversations, ids, quotas),
            list_conversations=ListConversations(conversations),
            read_history=ReadHistory(conversations, show),
            read_context=read_context,
            update_conversation=UpdateConversation(conversations),
            delete_conversation=DeleteConversation(conversations),
            append_messages=AppendMessages(conversations, settle, quotas),
            get_message=GetMessage(conversations, show),
            find_item=FindItem(conversations),
            remove_message=remove,
            pop_message=pop,
            take_back_message=TakeBackMessage(pop, remove),
            clear_conversation=ClearConversation(conversations, settle),
            begin_reply=begin,
            find_reply=FindReply(reply_log),
            follow_reply=follow,
            dissolve_reply=DissolveReply(reply_log, settle),
            stop_reply=StopReply(conversations, reply_log, replies, follow, settle),
            sweep_replies=SweepReplies(reply_log, replies, settle, interval=timing.sweep_interval),
            chat=Chat(conversations, begin, follow, replies),
            answer_messages=AnswerMessages(ids, token_counter, responder, replies, take_in),
            export_owner=ExportOwner(archive),
            check_readiness=CheckReadiness(readiness),
        )
