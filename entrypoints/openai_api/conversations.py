"""Conversations, as OpenAI's clients create, read, change and delete them; and a list of them, which is ours."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.pages import MAX_CONVERSATIONS, ConversationWindow, MessageWindow
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.addresses import require_conversation_id
from entrypoints.openai_api.bodies import CreateBody, UpdateBody, require_metadata, to_messages
from entrypoints.openai_api.cursor import decode_cursor, encode_cursor
from entrypoints.openai_api.responses import written
from entrypoints.openai_api.retries import IS_WRITE, charged_write
from entrypoints.openai_api.views import ConversationView, DeletedView, ListedConversationView, ListView


class ConversationController(Controller):
    """The caller's conversations."""

    path = "/conversations"

    @post(opt={IS_WRITE: True})
    async def create(self, request: ApiRequest, data: JSONBody[CreateBody]) -> Response[ConversationView]:
        """Create a conversation, with its first items if there are any."""
        messages = to_messages(data.items or [])
        metadata = require_metadata(data.metadata)
        async with charged_write(request, len(messages)) as key:
            made = await request.application.create_conversation(
                request.principal, metadata=metadata, messages=messages, key=key
            )
        return written(ConversationView.of(made.conversation), replayed=made.replayed)

    @get()
    async def list(
        self,
        request: ApiRequest,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_CONVERSATIONS)] = 20,
        after: Annotated[str | None, QueryParameter()] = None,
    ) -> ListView[ListedConversationView]:
        """List the caller's conversations, latest activity first; archived ones are left out."""
        request.require_plain_query()
        window = ConversationWindow(limit=limit, cursor=None if after is None else decode_cursor(after))
        page = await request.application.list_conversations(request.principal, window)
        found = page.conversations
        return ListView(
            [ListedConversationView.listed(one) for one in found],
            encode_cursor(found[0]) if found else None,
            encode_cursor(found[-1]) if found else None,
            page.next_cursor is not None,
        )

    @get("/{conversation_id:str}")
    async def retrieve(self, request: ApiRequest, conversation_id: FromPath[str]) -> ConversationView:
        """Read a conversation."""
        place = require_conversation_id(conversation_id)
        page = await request.application.read_history(request.principal, place, MessageWindow(limit=1))
        return ConversationView.of(page.conversation)

    @post("/{conversation_id:str}", status_code=HTTPStatus.OK)
    async def update(
        self, request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[UpdateBody]
    ) -> ConversationView:
        """Replace a conversation's metadata."""
        place = require_conversation_id(conversation_id)
        return ConversationView.of(
            await request.application.update_conversation(request.principal, place, data.to_patch())
        )

    @delete("/{conversation_id:str}", status_code=HTTPStatus.OK)
    async def delete(self, request: ApiRequest, conversation_id: FromPath[str]) -> DeletedView:
        """Delete a conversation and all its items."""
        await request.application.delete_conversation(request.principal, require_conversation_id(conversation_id))
        return DeletedView(conversation_id)
