"""The deadline: how long a response may take to begin."""

import asyncio
from http import HTTPStatus
from typing import override

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.errors import RequestError
from entrypoints.http.route_middleware import RouteMiddleware
from entrypoints.http.route_options import WITHOUT_DEADLINE


class Deadline(RouteMiddleware):
    """Answers 503 when a response has not begun after ``seconds``; a response that has begun is completed.

    A route with the option ``WITHOUT_DEADLINE`` has no such limit.
    """

    unless = WITHOUT_DEADLINE

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        deadline = asyncio.timeout(self._seconds)
        scope["state"]["answer_by"] = asyncio.get_running_loop().time() + self._seconds

        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                deadline.reschedule(None)
            await send(message)

        try:
            async with deadline:
                await next_app(scope, receive, send_in_time)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            detail = "The answer took too long."
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "too_slow", detail) from error
