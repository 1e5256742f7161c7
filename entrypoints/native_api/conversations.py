"""Conversations: create, list, read, change, delete."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.identifiers import format_conversation_id
from domain.pages import MAX_CONVERSATIONS, ConversationWindow
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.bodies import CreateBody, UpdateBody, to_messages
from entrypoints.native_api.cursor import decode_cursor, encode_cursor
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.responses import created, done, etag_seq
from entrypoints.native_api.views import ConversationsView, ConversationView, HistoryView, to_views


class ConversationController(Controller):
    """The caller's conversations."""

    path = "/conversations"
    tags = ["Conversations"]  # noqa: RUF012 - Litestar's own form

    @post(
        summary="Create a conversation",
        operation_id="createConversation",
        opt=documented(HTTPStatus.NOT_FOUND, gives_etag=True),
    )
    async def create(self, request: ApiRequest, data: JSONBody[CreateBody]) -> Response[ConversationView]:
        """Create a conversation, with its first messages if there are any.

        A user who has as many as may be kept gets 403 `too_many_conversations`.
        """
        messages = to_messages(data.messages)
        await request.charge(len(messages))
        made = await request.application.create_conversation(
            request.principal,
            title=data.title,
            metadata=data.metadata,
            messages=messages,
            key=await request.idempotency_key(),
        )
        location = f"/api/conversations/{format_conversation_id(made.conversation.id)}"
        view = ConversationView.of(made.conversation)
        return created(view, replayed=made.replayed, location=location, last_seq=made.conversation.last_seq)

    @get(summary="List conversations", operation_id="listConversations")
    async def list(
        self,
        request: ApiRequest,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_CONVERSATIONS)] = 20,
        cursor: Annotated[str | None, QueryParameter(description="The `next_cursor` of the page before.")] = None,
        archived: Annotated[bool, QueryParameter(description="The archived ones instead of the others.")] = False,  # noqa: FBT002 - a query parameter
    ) -> ConversationsView:
        """List the caller's conversations, latest activity first.

        One that becomes active while a client walks the pages moves to the top of a fresh list, and is not met again
        further down.
        """
        request.require_plain_query()
        owner_id = request.principal.owner_id
        window = ConversationWindow(
            limit=limit,
            cursor=None if cursor is None else decode_cursor(cursor, owner_id, archived=archived),
            archived=archived,
        )
        page = await request.application.list_conversations(request.principal, window)
        cursor = encode_cursor(page.next_cursor, owner_id, archived=archived) if page.next_cursor else None
        return ConversationsView([ConversationView.of(one) for one in page.conversations], cursor)

    @get(
        "/{conversation_id:str}",
        summary="Read a conversation",
        operation_id="getConversation",
        opt=documented(HTTPStatus.NOT_FOUND, gives_etag=True),
    )
    async def read(self, request: ApiRequest, conversation_id: FromPath[str]) -> Response[HistoryView]:
        """Read a conversation with its newest 50 messages (fewer, if they are long), oldest first."""
        page = await request.application.read_history(request.principal, require_conversation_id(conversation_id))
        view = HistoryView.of(
            page.conversation, messages=to_views(page.conversation.id, page.messages), has_more=page.has_more_before
        )
        return done(view, last_seq=etag_seq(page.conversation))

    @patch(
        "/{conversation_id:str}",
        summary="Change a conversation",
        operation_id="updateConversation",
        opt=documented(HTTPStatus.NOT_FOUND, gives_etag=True),
    )
    async def update(
        self, request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[UpdateBody]
    ) -> Response[ConversationView]:
        """Rename, archive or annotate a conversation. It keeps its place in the list."""
        conversation = await request.application.update_conversation(
            request.principal, require_conversation_id(conversation_id), data.to_patch()
        )
        return done(ConversationView.of(conversation), last_seq=etag_seq(conversation))

    @delete(
        "/{conversation_id:str}",
        summary="Delete a conversation",
        operation_id="deleteConversation",
        opt=documented(HTTPStatus.NOT_FOUND),
    )
    async def delete(self, request: ApiRequest, conversation_id: FromPath[str]) -> None:
        """Delete a conversation and all its messages, at once and for good."""
        await request.application.delete_conversation(request.principal, require_conversation_id(conversation_id))
