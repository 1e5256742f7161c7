"""The verdict: what is in the database at the end, held against the ledger."""

import json
from collections import Counter, defaultdict

from domain.identifiers import ConversationId, format_conversation_id
from tests.faults.operation_history import Ledger
from tests.support.postgres import execute

_CONVERSATIONS = "SELECT id, last_seq FROM conversations"
_MESSAGES = "SELECT conversation_id, seq, role, content FROM messages ORDER BY conversation_id, seq"
_OPEN = "SELECT pid, state, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


def judge(database_url: str, ledger: Ledger) -> None:
    """Note in the ledger all that is not as it must be."""
    for row in execute(database_url, _OPEN):
        ledger.violated("no open transaction", str(dict(row)))
    found: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for row in execute(database_url, _MESSAGES):
        conversation = format_conversation_id(ConversationId(row["conversation_id"]))
        found[conversation][row["seq"]] = (row["role"], json.loads(row["content"]))
    for row in execute(database_url, _CONVERSATIONS):
        conversation = format_conversation_id(ConversationId(row["id"]))
        if list(found[conversation]) != list(range(1, row["last_seq"] + 1)):
            ledger.violated("seqs are dense", f"{conversation}: {len(found[conversation])} of {row['last_seq']}")
    for conversation, acknowledged in ledger.kept.items():
        for seq, words in acknowledged.items():
            if found[conversation].get(seq) != words:
                there = found[conversation].get(seq)
                ledger.violated("acknowledged is kept", f"{conversation} {seq}: {words} was acknowledged, {there} kept")
    ledger.count("messages", sum(map(len, found.values())))
    _judge_effects(found, ledger)


def _judge_effects(found: dict[str, dict[int, tuple[str, str]]], ledger: Ledger) -> None:
    times = Counter(words for messages in found.values() for words in messages.values())
    for intent in ledger.intents.values():
        effects = [times.pop(words, 0) for words in intent.writes]
        allowed = ([1] * len(effects),) if intent.key in ledger.answers else ([1] * len(effects), [0] * len(effects))
        if effects not in allowed:
            ledger.violated("one key, one effect", f"{intent.key} was written {effects} times")
    for words in times:
        ledger.violated("nothing unsent", str(words))
