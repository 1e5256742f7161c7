"""The routes of the native API, below /api."""

from litestar import Router

from entrypoints.http.problems import EXCEPTION_HANDLERS
from entrypoints.native_api.chat import chat
from entrypoints.native_api.context import context
from entrypoints.native_api.conversations import ConversationController
from entrypoints.native_api.export import export
from entrypoints.native_api.me import me
from entrypoints.native_api.messages import MessageController
from entrypoints.native_api.replies import follow, stop

NATIVE_API = Router(
    "/api",
    route_handlers=[chat, follow, stop, ConversationController, MessageController, context, export, me],
    exception_handlers=EXCEPTION_HANDLERS,
)
