"""The history of replies: what their clients were told of them, and what their followers saw."""

from dataclasses import dataclass
from typing import Any, override

import httpx

from tests.faults.operation_history import Operation, OperationHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The text that a follower saw of the reply at this place; ``is_whole`` if it was told of its end."""

    conversation: str
    seq: int
    text: str
    is_whole: bool


class ReplyHistory(OperationHistory):
    """The history of turns whose replies take a while, and may be stopped, followed, and deleted meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[Followed] = []
        self.deleted: set[str] = set()
        self.stopped: set[str] = set()
        """The keys of turns whose replies were to be stopped."""

    def saw(self, followed: Followed) -> None:
        """Note what a follower saw."""
        with self._lock:
            self.report.figures["replies followed"] += 1
            self.followed.append(followed)

    def was_deleted(self, conversation: str, operation: Operation) -> None:
        """Note that a conversation was deleted, and with it the turn."""
        with self._lock:
            self.report.figures["deletions"] += 1
            self.deleted.add(conversation)
            del self.operations[operation.key]

    @override
    def acknowledged(self, operation: Operation, answer: httpx.Response) -> None:
        """Note a turn with its reply, which may end early if it was to be stopped."""
        told: dict[str, Any] = answer.json()
        reply = told["assistant_message"]
        (_, full), (_, said) = operation.writes[1], ("assistant", reply["content"])
        may_be_short = operation.key in self.stopped and reply["status"] == "incomplete"
        with self._lock:
            self.report.figures["acknowledgements"] += 1
            self.report.figures["replies stopped"] += reply["status"] == "incomplete"
            if answer.headers.get("Idempotent-Replayed") == "true":
                self.report.figures["replays"] += 1
            if self.answers.setdefault(operation.key, told) != told:
                self._violated("one key, one answer", f"{self.answers[operation.key]} then {told}")
            if said != full and not (may_be_short and full.startswith(said)):
                self._violated("acknowledged is kept", f"sent {operation.writes}, acknowledged {reply}")
            for message in (told["user_message"], reply):
                place = self.kept[message["conversation_id"]]
                place[message["seq"]] = (message["role"], message["content"])
