"""A repository that others write to at the same moment."""

from collections.abc import Callable, Sequence
from typing import override

from domain.append import AppendDecision
from domain.conversation import Conversation, ConversationChange, ConversationPatch
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message, NewMessage
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository


def call(call_id: str) -> NewMessage:
    """An assistant's message that calls a tool."""
    function = {"name": "f", "arguments": "{}"}
    return NewMessage(role=Role.ASSISTANT, tool_calls=[{"id": call_id, "type": "function", "function": function}])


class BusyRepository(InMemoryConversationRepository):
    """Another writer gets in before each write, ``times`` times; ``meanwhile`` is what else happens then."""

    def __init__(self, times: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.times = times
        self.meanwhile = meanwhile

    @override
    async def append(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        decision: AppendDecision,
        key: IdempotencyKey | None,
    ) -> Sequence[Message]:
        if self.times:
            self.times -= 1
            self.meanwhile()
            open_calls, _ = await self.open_calls(owner_id, conversation_id, None)
            other = call(f"other-{self.times}")
            in_between = AppendDecision(
                messages=(other,), decided_on=None, leaves=open_calls | other.call_ids, title=None
            )
            await super().append(owner_id, conversation_id, in_between, None)
        return await super().append(owner_id, conversation_id, decision, key)

    @override
    async def update(
        self, owner_id: OwnerId, conversation_id: ConversationId, change: ConversationChange
    ) -> Conversation:
        if self.times:
            self.times -= 1
            patch = ConversationPatch(metadata={f"other-{self.times}": 1})
            current = (await self.conversation(owner_id, conversation_id)).metadata
            await super().update(owner_id, conversation_id, patch.decide(current))
        return await super().update(owner_id, conversation_id, change)
