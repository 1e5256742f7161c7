"""The history checker: holds what is in the database at the end against the history of operations."""

import json
from collections import Counter, defaultdict

from domain.identifiers import ConversationId, format_conversation_id
from tests.faults.operation_history import OperationHistory
from tests.support.postgres import execute

_CONVERSATIONS = "SELECT id, last_seq FROM conversations"
_MESSAGES = "SELECT conversation_id, seq, role, content FROM messages ORDER BY conversation_id, seq"
_OPEN = "SELECT pid, state, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


def check_history(database_url: str, history: OperationHistory) -> None:
    """Note in the history all that is not as it must be."""
    for row in execute(database_url, _OPEN):
        history.violated("no open transaction", str(dict(row)))
    found: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for row in execute(database_url, _MESSAGES):
        conversation = format_conversation_id(ConversationId(row["conversation_id"]))
        found[conversation][row["seq"]] = (row["role"], json.loads(row["content"]))
    for row in execute(database_url, _CONVERSATIONS):
        conversation = format_conversation_id(ConversationId(row["id"]))
        if list(found[conversation]) != list(range(1, row["last_seq"] + 1)):
            history.violated("seqs are dense", f"{conversation}: {len(found[conversation])} of {row['last_seq']}")
    for conversation, acknowledged in history.kept.items():
        for seq, words in acknowledged.items():
            if found[conversation].get(seq) != words:
                there = found[conversation].get(seq)
                history.violated(
                    "acknowledged is kept", f"{conversation} {seq}: {words} was acknowledged, {there} kept"
                )
    history.count("messages", sum(map(len, found.values())))
    _check_effects(found, history)


def _check_effects(found: dict[str, dict[int, tuple[str, str]]], history: OperationHistory) -> None:
    times = Counter(words for messages in found.values() for words in messages.values())
    for operation in history.operations.values():
        effects = [times.pop(words, 0) for words in operation.writes]
        allowed = (
            ([1] * len(effects),) if operation.key in history.answers else ([1] * len(effects), [0] * len(effects))
        )
        if effects not in allowed:
            history.violated("one key, one effect", f"{operation.key} was written {effects} times")
    for words in times:
        history.violated("nothing unsent", str(words))
