"""A steady client: it appends, chats, and streams replies in two parts. It sends each request once."""

import json
from collections.abc import Sequence
from typing import Final

import httpx

_FRAMES_BEFORE_A_BREAK: Final = 6
_MOST_BREAKS: Final = 5


class SteadyClient:
    """One client with a conversation of its own.

    ``failures`` are the requests that failed, and ``acknowledged`` the texts of messages that must be kept.
    """

    def __init__(self, name: str, token: str, address: str) -> None:
        self._name = name
        self._http = httpx.AsyncClient(base_url=address, timeout=60, headers={"Authorization": f"Bearer {token}"})
        self._conversation = ""
        self.is_stopped = False
        self.count = 0
        self.failures: list[str] = []
        self.acknowledged: list[str] = []

    async def open(self) -> None:
        """Open its conversation."""
        opened = await self._http.post("/api/conversations", json={})
        self._conversation = opened.raise_for_status().json()["id"]

    async def run(self) -> None:
        """Take turns until it is stopped."""
        while not self.is_stopped:
            for send in (self._append, self._chat, self._stream):
                self.count += 1
                words = f"{self._name}-{self.count}"
                try:
                    self.acknowledged += await send(words)
                except (httpx.HTTPError, ValueError) as error:
                    self.failures.append(f"{words} {send.__name__}: {error!r}")
        await self._http.aclose()

    async def _append(self, words: str) -> Sequence[str]:
        body = {"messages": [{"role": "user", "content": words}]}
        path = f"/api/conversations/{self._conversation}/messages"
        (await self._http.post(path, json=body, headers={"Idempotency-Key": words})).raise_for_status()
        return [words]

    async def _chat(self, words: str) -> Sequence[str]:
        body = {"message": words, "conversation_id": self._conversation}
        answer = await self._http.post("/api/chat", json=body, headers={"Idempotency-Key": words})
        return [words, answer.raise_for_status().json()["response"]]

    async def _stream(self, words: str) -> Sequence[str]:
        """Read a few frames, leave, and read the rest on another connection."""
        message = " ".join([words, *"ab" * 10])
        body = {"message": message, "conversation_id": self._conversation, "stream": True}
        reply = _Reply()
        async with self._http.stream("POST", "/api/chat", json=body) as response:
            await reply.read(response, _FRAMES_BEFORE_A_BREAK)
        for _ in range(_MOST_BREAKS):
            path, headers = f"/api/chat/{self._conversation}/stream", {"Last-Event-ID": reply.last_id}
            async with self._http.stream("GET", path, headers=headers) as response:
                await reply.read(response)
            if reply.is_done:
                break
        if reply.text != f"Echo: {message}":
            raise ValueError(f"the stream says {reply.text!r}")
        return [message, reply.text]


class _Reply:
    """What was read of a streamed reply."""

    def __init__(self) -> None:
        self.text = ""
        self.last_id = ""
        self.is_done = False

    async def read(self, response: httpx.Response, most: int | None = None) -> None:
        """Read so many frames, or all that come. Raises httpx.HTTPStatusError."""
        response.raise_for_status()
        frames = 0
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id" and value:
                self.last_id = value
            elif name == "data":
                self._take_in(value)
                frames += 1
                if frames == most:
                    return

    def _take_in(self, data: str) -> None:
        if data == "[DONE]":
            self.is_done = True
            return
        frame = json.loads(data)
        if frame["type"] == "text-delta":
            self.text += frame["delta"]
