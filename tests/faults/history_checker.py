"""The history checker: holds what is in the database at the end against the history of operations."""

import json
from collections import Counter, defaultdict

from domain.identifiers import ConversationId, format_conversation_id
from tests.faults.operation_history import OperationHistory
from tests.support.postgres import execute

_CONVERSATIONS = "SELECT id, last_seq FROM conversations"
_MESSAGES = """
    SELECT conversation_id, seq, role, content, reply_to, removed_at IS NOT NULL AS is_removed
    FROM messages ORDER BY conversation_id, seq
"""
_OPEN = "SELECT pid, state, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"

type _Found = dict[str, dict[int, tuple[str, str]]]


def check_history(database_url: str, history: OperationHistory) -> None:
    """Note in the history all that is not as it must be."""
    for row in execute(database_url, _OPEN):
        history.violated("no open transaction", str(dict(row)))
    found: _Found = defaultdict(dict)
    removed: dict[str, set[int]] = defaultdict(set)
    replies: Counter[tuple[str, int]] = Counter()
    for row in execute(database_url, _MESSAGES):
        conversation = format_conversation_id(ConversationId(row["conversation_id"]))
        if row["is_removed"]:
            removed[conversation].add(row["seq"])
            continue
        found[conversation][row["seq"]] = (row["role"], json.loads(row["content"] or '""'))
        if row["reply_to"] is not None:
            replies[conversation, row["reply_to"]] += 1
    for row in execute(database_url, _CONVERSATIONS):
        conversation = format_conversation_id(ConversationId(row["id"]))
        if {*found[conversation]} | removed[conversation] != {*range(1, row["last_seq"] + 1)}:
            history.violated("seqs are dense", f"{conversation}: {len(found[conversation])} of {row['last_seq']}")
    for conversation, seqs in history.gaps.items():
        if missed := seqs - removed[conversation]:
            history.violated("reads are contiguous", f"{conversation}: {sorted(missed)} were passed over")
    _check_acknowledged(found, replies, history)
    history.count("messages", sum(map(len, found.values())))
    history.count("messages removed", sum(map(len, removed.values())))
    _check_effects(found, history)


def _check_acknowledged(found: _Found, replies: Counter[tuple[str, int]], history: OperationHistory) -> None:
    for conversation, acknowledged in history.kept.items():
        for seq, words in acknowledged.items():
            if (there := found[conversation].get(seq)) != words:
                history.violated(
                    "acknowledged is kept", f"{conversation} {seq}: {words} was acknowledged, {there} kept"
                )
    for answer in history.answers.values():
        if "user_message" in answer:
            turn = answer["conversation_id"], answer["user_message"]["seq"]
            if replies[turn] != 1:
                history.violated("one key, one effect", f"{turn} has {replies[turn]} replies")


def _check_effects(found: _Found, history: OperationHistory) -> None:
    times = Counter(words for messages in found.values() for words in messages.values())
    fragments: set[tuple[str, str]] = set()
    for operation in history.operations.values():
        effects = [times.pop(words, 0) for words in operation.writes]
        allowed = [[1] * len(effects)]
        if operation.key not in history.answers:  # its reply may be in progress, or interrupted
            allowed += (
                [[0] * len(effects), [1] + [0] * (len(effects) - 1)] if operation.is_chat else [[0] * len(effects)]
            )
            fragments |= {("assistant", ""), ("assistant", "Echo: ")} if operation.is_chat else set()
        if effects not in allowed:
            history.violated("one key, one effect", f"{operation.key} was written {effects} times")
    for words in times.keys() - fragments:
        history.violated("nothing unsent", str(words))
