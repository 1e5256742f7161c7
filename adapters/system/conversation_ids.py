"""Identifiers from the clock and the system's randomness."""

import secrets
import time
from typing import override

from domain.identifiers import ConversationId, make_uuid7
from domain.ports.conversation_ids import ConversationIds


class RandomConversationIds(ConversationIds):
    """UUIDs version 7: new ones are neighbours in an index, and can't be guessed."""

    @override
    def next(self) -> ConversationId:
        return ConversationId(make_uuid7(time.time_ns() // 1_000_000, secrets.randbits(74)))
