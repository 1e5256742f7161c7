"""Messages of a conversation: append, page, read one."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.pages import MAX_MESSAGES, MAX_SEQ, MessageWindow
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.bodies import AppendBody, to_messages
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id, require_message_id
from entrypoints.native_api.responses import created
from entrypoints.native_api.views import AppendedView, MessagesView, MessageView, to_views


class MessageController(Controller):
    """The messages of one of the caller's conversations."""

    path = "/conversations/{conversation_id:str}/messages"
    tags = ["Messages"]  # noqa: RUF012 - Litestar's own form

    @post(
        summary="Append messages",
        operation_id="appendMessages",
        opt=documented(HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, takes_if_match=True),
    )
    async def append(
        self, request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[AppendBody]
    ) -> Response[AppendedView]:
        """Append 1 to 100 messages, all of them or none, next in the conversation's order.

        With `If-Match: "<last_seq>"`, the conversation's ETag, only if nobody has appended since; without it an append
        never fails for being concurrent with others. A tool call is answered once: a result of a call that is not open
        (answered, interrupted by a user's turn, or never made) gets 409 `call_not_open`. What does not fit into the
        conversation, as it has as many messages as may be kept, gets 403 `too_many_messages`.
        """
        place, messages = require_conversation_id(conversation_id), to_messages(data.messages)
        await request.charge(len(messages))
        appended = await request.application.append_messages(
            request.principal,
            place,
            messages,
            key=await request.idempotency_key(),
            follows=request.followed_seq(),
        )
        return created(AppendedView(to_views(place, appended.messages)), replayed=appended.replayed)

    @get(summary="Read messages", operation_id="listMessages", opt=documented(HTTPStatus.NOT_FOUND))
    async def page(
        self,
        request: ApiRequest,
        conversation_id: FromPath[str],
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_MESSAGES)] = 50,
        before: Annotated[int | None, QueryParameter(ge=0, le=MAX_SEQ, description="Those before this seq.")] = None,
        after: Annotated[int | None, QueryParameter(ge=0, le=MAX_SEQ, description="Those after this seq.")] = None,
        around: Annotated[int | None, QueryParameter(ge=0, le=MAX_SEQ, description="Those around this seq.")] = None,
    ) -> MessagesView:
        """Read a page, always oldest first: the newest, or the one at an anchor (at most one may be given).

        A page of long messages has fewer than `limit`: those nearest to the anchor, 4 MiB of them. Whether there are
        more, `has_more_before` and `has_more_after` tell.
        """
        request.require_plain_query()
        window = MessageWindow(limit=limit, before=before, after=after, around=around)
        page = await request.application.read_history(
            request.principal, require_conversation_id(conversation_id), window
        )
        return MessagesView.of(page)

    @get(
        "/{message_id:str}", summary="Read one message", operation_id="getMessage", opt=documented(HTTPStatus.NOT_FOUND)
    )
    async def read(self, request: ApiRequest, conversation_id: FromPath[str], message_id: FromPath[str]) -> MessageView:
        """Read one message."""
        address = require_message_id(conversation_id, message_id)
        return MessageView.of(await request.application.get_message(request.principal, *address), conversation_id)

    @delete(
        "/{message_id:str}",
        summary="Remove a message",
        operation_id="removeMessage",
        opt=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def remove(self, request: ApiRequest, conversation_id: FromPath[str], message_id: FromPath[str]) -> None:
        """Remove a message for good, whoever wrote it.

        The results of its tool calls are removed with it; a result is removed with the message that made the call, and
        with that message's other results. The other messages keep their seqs, and no seq is used again. A message that
        was removed is not found, so a second removal gets 404. While a reply runs in the conversation, nothing can be
        removed.
        """
        await request.application.remove_message(request.principal, *require_message_id(conversation_id, message_id))
