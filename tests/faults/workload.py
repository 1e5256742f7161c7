"""A client: writes under idempotency keys until it is told that it is done, and reads what it was told."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import httpx

from tests.faults.operation_history import Operation, OperationHistory

_SECONDS_TO_GIVE_UP = 30.0

type OwnedConversation = tuple[str, str]
"""A session's token and one of its conversations."""


class WorkloadClient:
    """One client, in one thread; copies of a request are sent by other threads."""

    def __init__(
        self,
        name: str,
        address: str,
        conversations: Sequence[OwnedConversation],
        history: OperationHistory,
        random: Random,
    ) -> None:
        self._name = name
        self._conversations = conversations
        self._history = history
        self._random = random
        self._count = 0
        self._done: list[Operation] = []
        self._http = httpx.Client(base_url=address, timeout=12)
        self._copies = ThreadPoolExecutor(3)

    def run(self) -> None:
        """Write and read until the history says stop; then end what was begun."""
        with self._http, self._copies:
            while not self._history.stop.is_set():
                draw = self._random.random()
                if draw < 0.2:
                    self._read()
                elif draw < 0.27 and self._done:
                    self._history.count("late retries")
                    self._write(self._random.choice(self._done), copies=1)
                else:
                    operation = self._next_operation()
                    self._history.note(operation)
                    self._write(operation, copies=self._random.choice((1, 1, 1, 2, 3)))
                    self._done.append(operation)
                self._history.stop.wait(self._random.uniform(0, 0.03))

    def _next_operation(self) -> Operation:
        self._count += 1
        words = f"{self._name}-{self._count}"
        token, conversation = self._random.choice(self._conversations)
        draw = self._random.random()
        if draw < 0.35:
            body: dict[str, Any] = {"message": words}
            if draw > 0.03:
                body["conversation_id"] = conversation
            writes: tuple[tuple[str, str], ...] = (("user", words), ("assistant", f"Echo: {words}"))
            return Operation(key=words, token=token, path="/api/chat", body=body, writes=writes)
        writes = tuple(("user", f"{words}-{place}") for place in range(self._random.randint(1, 3)))
        messages = [{"role": role, "content": content} for role, content in writes]
        path = f"/api/conversations/{conversation}/messages"
        return Operation(key=words, token=token, path=path, body={"messages": messages}, writes=writes)

    def _write(self, operation: Operation, *, copies: int) -> None:
        give_up = time.monotonic() + _SECONDS_TO_GIVE_UP
        while True:
            if copies > 1:
                self._history.count("copies", copies - 1)
                done = any(list(self._copies.map(self._send, [operation] * copies)))
            else:
                done = self._send(operation)
            if done or self._history.abandons:
                return
            if time.monotonic() > give_up:
                self._history.violated("recovers in time", f"{operation.key} is not acknowledged")
                return
            copies = 1
            self._history.count("retries")
            time.sleep(self._random.uniform(0.02, 0.2))

    def _send(self, operation: Operation) -> bool:
        begun = time.monotonic()
        headers = {"Authorization": f"Bearer {operation.token}", "Idempotency-Key": operation.key}
        try:
            answer = self._http.post(operation.path, json=operation.body, headers=headers)
        except httpx.TransportError as error:
            self._history.broken(begun, error)
            return False
        if not self._history.answered(begun, answer, operation.conversation):
            return False
        self._history.acknowledged(operation, answer)
        return True

    def _read(self) -> None:
        token, conversation = self._random.choice(self._conversations)
        least, before = self._history.newest(conversation), self._history.kept[conversation].copy()
        limit = self._random.randint(1, 100)
        anchor = self._random.randint(0, least + 1)
        side = self._random.choice(("newest", "after", "before"))
        query = {"limit": limit} | ({} if side == "newest" else {side: anchor})
        begun = time.monotonic()
        try:
            answer = self._http.get(
                f"/api/conversations/{conversation}/messages",
                params=query,
                headers={"Authorization": f"Bearer {token}"},
            )
        except httpx.TransportError as error:
            self._history.broken(begun, error)
            return
        if self._history.answered(begun, answer):
            self._history.count("reads")
            self._check(conversation, answer.json(), query, least)
            self._check_words(conversation, answer.json()["data"], before)

    def _check(self, conversation: str, page: dict[str, Any], query: dict[str, int], least: int) -> None:
        """Check a page that was asked for when ``least`` was the newest seq acknowledged.

        The seqs between its first and its last one that it does not have must be those of removed messages.
        """
        seqs = [message["seq"] for message in page["data"]]
        what = f"{conversation} {query}, {least} acknowledged: {seqs[:1]}..{seqs[-1:]}, {len(seqs)}"
        first, last = (seqs[0], seqs[-1]) if seqs else (1, 0)
        is_whole = len(seqs) < query["limit"]
        if "after" in query:
            first, least = query["after"] + 1, least if is_whole else 0
        elif "before" in query:
            last, least = query["before"] - 1, 0
        if is_whole and "after" not in query:
            first = 1
        if seqs != sorted({*seqs} & {*range(first, last + 1)}):
            self._history.violated("reads are contiguous", what)
        elif last < least and least >= first:
            self._history.violated("reads are recent", what)
        self._history.passed_over(conversation, {*range(first, last + 1)} - {*seqs})

    def _check_words(
        self, conversation: str, messages: list[dict[str, Any]], before: Mapping[int, tuple[str, str]]
    ) -> None:
        """Check the messages of a page. One that was acknowledged ``before`` is not in progress."""
        kept = self._history.kept[conversation]
        for message in messages:
            words = (message["role"], message["content"])
            if message["status"] == "in_progress" and message["seq"] not in before:
                continue  # it may have been acknowledged since
            if kept.get(message["seq"], words) != words:
                self._history.violated("acknowledged is kept", f"{conversation} {message['seq']} reads {words}")
