"""The checker of a reply history finds what does not fit."""

import asyncio
from collections.abc import Mapping, Sequence

import httpx
import pytest

from tests.faults.operation_history import Operation
from tests.faults.reply_history import Followed, ReplyHistory
from tests.faults.reply_history_checker import check_reply_history
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service, settings_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

_DAMAGE: Mapping[str, Sequence[str]] = {
    "UPDATE conversations SET open_tool_calls = '{call}'": ["storage is consistent"],
    "UPDATE messages SET content = '\"Echo: Hello and more\"' WHERE seq = 2": [
        "acknowledged is kept",
        "a reply is what was to be said",
        "a message is what its log says",
        "a follower sees what is kept",
    ],
    """
    INSERT INTO messages (owner_id, conversation_id, seq, role, content, status, metadata, created_at, reply_to)
    SELECT owner_id, conversation_id, 3, role, content, status, metadata, created_at, reply_to
    FROM messages WHERE seq = 2
    """: ["a turn has one reply", "seqs are dense"],
    "UPDATE reply_batches SET n = n + 1 WHERE n > 0": ["a log has no gap"],
    "UPDATE reply_batches SET events = '[]'": ["a reply ends once"],
    "UPDATE conversations SET reply_seq = 2": ["no reply runs on"],
    "DELETE FROM messages WHERE seq = 1": ["one key, one effect"],
}
"""Statements, and what each makes wrong besides what is so already."""


@pytest.fixture
def history(empty_database_url: str) -> ReplyHistory:
    """The history of one turn, which was acknowledged and followed."""
    (token,) = asyncio.run(prepare_users(empty_database_url, 1))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "key"}
    history = ReplyHistory()
    with running_service(settings_for(empty_database_url)) as address:
        answer = httpx.post(f"{address}/api/chat", json={"message": "Hello"}, headers=headers)
    conversation = answer.json()["conversation_id"]
    operation = Operation(
        key="key",
        token=token,
        path="/api/chat",
        body={"message": "Hello", "conversation_id": conversation},
        writes=(("user", "Hello"), ("assistant", "Echo: Hello")),
    )
    history.note(operation)
    history.acknowledged(operation, answer)
    history.saw(Followed(conversation=conversation, seq=2, text="Echo: Hello", is_whole=True))
    return history


def test_damage_is_found(history: ReplyHistory, empty_database_url: str) -> None:
    check_reply_history(empty_database_url, history)
    assert history.report.violations.total() == 0, history.report

    for statement, invariants in _DAMAGE.items():
        assert [one for one in invariants if history.report.violations[one]] == []
        execute(empty_database_url, statement)
        check_reply_history(empty_database_url, history)
        assert [one for one in invariants if not history.report.violations[one]] == []


def test_what_is_told_wrongly_is_found(history: ReplyHistory, empty_database_url: str) -> None:
    operation = history.operations["key"]
    for text, is_whole in (("Echo: Hello you", False), ("Echo: ", True)):
        history.saw(Followed(conversation=operation.conversation, seq=2, text=text, is_whole=is_whole))
    history.was_deleted(operation.conversation, operation)

    check_reply_history(empty_database_url, history)

    assert history.report.violations == {"a follower sees what is kept": 2, "what is deleted is gone": 1}
