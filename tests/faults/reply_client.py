"""A client of replies that take a while: it chats, leaves, stops, deletes, and follows on whichever worker it meets."""

import asyncio
import json
import time
from contextlib import suppress
from http import HTTPStatus
from random import Random
from typing import Any

import httpx

from tests.faults.operation_history import Operation
from tests.faults.reply_history import Followed, ReplyHistory

_SECONDS_TO_GIVE_UP = 45.0


class ReplyClient:
    """One client, which has one turn at a time."""

    def __init__(self, name: str, token: str, http: httpx.AsyncClient, history: ReplyHistory, random: Random) -> None:
        self._name = name
        self._token = token
        self._http = http
        self._history = history
        self._random = random
        self._count = 0
        self._conversation = ""
        self._ways = (self._chat, self._chat, self._leave, self._stop, self._delete)

    async def run(self) -> None:
        """Take turns until the history says stop; then end what was begun."""
        while not self._history.stop.is_set():
            if not self._conversation:
                self._conversation = await self._opened()
            operation = self._next_operation()
            self._history.note(operation)
            following = asyncio.create_task(self._follow(operation))
            await self._random.choice(self._ways)(operation)
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _chat(self, operation: Operation) -> None:
        give_up = time.monotonic() + _SECONDS_TO_GIVE_UP
        while not await self._send(operation):
            if time.monotonic() > give_up:
                self._history.violated("recovers in time", f"{operation.key} is not acknowledged")
                return
            self._history.count("retries")
            await asyncio.sleep(self._random.uniform(0.05, 0.3))

    async def _leave(self, operation: Operation) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._random.uniform(0, 2)):
                if await self._send(operation):
                    return
        self._history.count("left")
        await self._chat(operation)

    async def _stop(self, operation: Operation) -> None:
        """Stop the reply, and take another turn at once."""
        self._history.stopped.add(operation.key)
        chat = asyncio.create_task(self._send(operation))
        await self._seen_to_run(chat)
        await self._insist("POST", f"/api/conversations/{self._conversation}/stop")
        self._history.count("stops")
        append = {"messages": [{"role": "user", "content": f"{operation.key} was stopped"}]}
        await self._insist("POST", f"/api/conversations/{self._conversation}/messages", append, f"{operation.key}-next")
        await chat
        await self._chat(operation)

    async def _delete(self, operation: Operation) -> None:
        chat = asyncio.create_task(self._send(operation, may_be_gone=True))
        await asyncio.sleep(self._random.uniform(0, 1.5))
        await self._insist("DELETE", f"/api/conversations/{self._conversation}")
        await chat
        self._history.was_deleted(self._conversation, operation)
        self._conversation = ""

    async def _seen_to_run(self, chat: "asyncio.Task[bool]") -> None:
        """Wait until the reply is in the history, or the chat has an answer."""
        while not chat.done():
            page = await self._request("GET", f"/api/conversations/{self._conversation}/messages?limit=1")
            if page is not None and page.is_success and page.json()["data"]:
                message = page.json()["data"][0]
                if message["status"] == "in_progress" and message["content"]:
                    return
            await asyncio.sleep(0.1)

    async def _insist(self, method: str, path: str, body: Any = None, key: str | None = None) -> None:
        """Ask until it is done. That a reply runs is no answer then: it was stopped."""
        give_up = time.monotonic() + _SECONDS_TO_GIVE_UP
        while time.monotonic() < give_up:
            answer = await self._request(method, path, body, key)
            if answer is not None and answer.status_code == HTTPStatus.CONFLICT:
                self._history.violated("after a stop the next turn begins", f"{path}: {answer.text}")
            if answer is not None and (answer.is_success or answer.status_code == HTTPStatus.NOT_FOUND):
                return
            await asyncio.sleep(0.1)
        self._history.violated("recovers in time", f"{method} {path} is not done")

    async def _opened(self) -> str:
        while (answer := await self._request("POST", "/api/conversations", {})) is None or not answer.is_success:  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.1)
        conversation: str = answer.json()["id"]
        return conversation

    def _next_operation(self) -> Operation:
        self._count += 1
        key = f"{self._name}-{self._count}"
        words = " ".join([key, *(str(number) for number in range(self._random.randint(5, 20)))])
        return Operation(
            key=key,
            token=self._token,
            path="/api/chat",
            body={"message": words, "conversation_id": self._conversation},
            writes=(("user", words), ("assistant", f"Echo: {words}")),
        )

    async def _send(self, operation: Operation, *, may_be_gone: bool = False) -> bool:
        answer = await self._request("POST", operation.path, operation.body, operation.key)
        if answer is None or (may_be_gone and answer.status_code == HTTPStatus.NOT_FOUND):
            return False
        if not answer.is_success or answer.status_code == HTTPStatus.ACCEPTED:
            return False
        self._history.acknowledged(operation, answer)
        return True

    async def _request(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response | None:
        """The answer, or None if there was none."""
        begun = time.monotonic()
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Idempotency-Key": key} if key else {})
        try:
            answer = await self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            self._history.broken(begun, error)
            return None
        if answer.status_code != HTTPStatus.NOT_FOUND:
            self._history.answered(begun, answer, self._conversation)
        return answer

    async def _follow(self, operation: Operation) -> None:
        """Follow what runs, again and again, on new connections; every other turn is not followed."""
        if self._random.random() < 0.5:
            return
        path = f"/api/chat/{operation.conversation}/stream"
        headers = {"Authorization": f"Bearer {self._token}", "Connection": "close"}
        while True:
            await asyncio.sleep(self._random.uniform(0, 1))
            begun, seq, text, is_whole = time.monotonic(), 0, "", False
            try:
                async with self._http.stream("GET", path, headers=headers) as answer:
                    if answer.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
                        await answer.aread()
                        self._history.answered(begun, answer)
                    async for line in answer.aiter_lines():
                        if not line.startswith("data: {"):
                            continue
                        frame = json.loads(line[6:])
                        if frame["type"] == "start":
                            seq = int(frame["messageId"][-8:], 16)
                        elif frame["type"] == "text-delta":
                            text += frame["delta"]
                        is_whole = frame["type"] in {"finish", "error"}
            except httpx.TransportError:
                self._history.count("followers broken off")
            finally:
                if seq:
                    self._history.saw(
                        Followed(conversation=operation.conversation, seq=seq, text=text, is_whole=is_whole)
                    )
