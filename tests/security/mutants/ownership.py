"""Mutants that tell another owner's conversation from a missing one, or give a stranger access to it."""

import re
from contextvars import ContextVar
from typing import Any, Final

from litestar.types import Message as AsgiMessage
from litestar.types import Receive, Scope, Send

from adapters.postgres import message_windows, owner_archive, reads, removals, reply_writes, writes
from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from domain.errors import ConversationNotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.pages import MessagePage, MessageWindow
from entrypoints.http.edge import Edge
from tests.contracts import test_conversation_repository as contract
from tests.contracts import test_removals, test_reply_log
from tests.security import test_isolation, test_isolation_machine
from tests.security.mutants.mutant import Mutant, Replacement, hurried

_BYTES: Final = test_isolation.test_anothers_conversation_answers_byte_for_byte_as_a_missing_one
_MACHINE: Final = test_isolation_machine.test_each_of_three_users_sees_exactly_their_own
_ANN_AND_BOB: Final = {"ann": OwnerId("mutants-ann"), "bob": OwnerId("mutants-bob")}

_is_anothers: Final[ContextVar[bool]] = ContextVar("is_anothers", default=False)
_messages = PostgresConversationRepository.messages
_delete = PostgresConversationRepository.delete
_edge = Edge.__call__


def ownerless(statement: Statement) -> Replacement:
    """The statement for whoever asks."""
    return statement, "sql", re.sub(r"\w+\.owner_id = (\$\d+)::VARCHAR", r"\1::VARCHAR IS NOT NULL", statement.sql)


async def _notice(
    repository: PostgresConversationRepository,
    owner_id: OwnerId,
    conversation_id: ConversationId,
    window: MessageWindow,
) -> MessagePage:
    """Read, and remember whether what is not found is somebody else's."""
    try:
        return await _messages(repository, owner_id, conversation_id, window)
    except ConversationNotFoundError:
        _is_anothers.set(await _exists(repository, conversation_id))
        raise


async def _say(*arguments: Any) -> MessagePage:
    """Read, and say so if what is not found is somebody else's."""
    try:
        return await _notice(*arguments)
    except ConversationNotFoundError:
        raise ConversationNotFoundError("This is somebody else's." if _is_anothers.get() else None) from None


async def _delete_silently(
    repository: PostgresConversationRepository, owner_id: OwnerId, conversation_id: ConversationId
) -> None:
    """Delete, and delete another's too, but say that it is missing."""
    try:
        await _delete(repository, owner_id, conversation_id)
    except ConversationNotFoundError:
        await repository._database.fetch("DELETE FROM conversations WHERE id = $1", (conversation_id,))
        raise


async def _exists(repository: PostgresConversationRepository, conversation_id: ConversationId) -> bool:
    return bool(await repository._database.fetch("SELECT FROM conversations WHERE id = $1", (conversation_id,)))


def _marks(under: bytes | None) -> tuple[Replacement, ...]:
    """A header marks another's, in answers to requests that carry the header ``under``."""

    async def edge(self: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: AsgiMessage) -> None:
            asked = under is None or any(name == under for name, _ in scope["headers"])
            if message["type"] == "http.response.start" and asked and _is_anothers.get():
                message["headers"] = [*message["headers"], (b"x-owner", b"another")]
            await send(message)

        _is_anothers.set(False)
        await _edge(self, scope, receive, send_marked)

    return (Edge, "__call__", edge), (PostgresConversationRepository, "messages", _notice)


_BLINDED: Final[tuple[Replacement, ...]] = (
    (test_isolation_machine, "seen", lambda _: None),
    (test_isolation_machine, "SEEDED", hurried(test_isolation_machine.SEEDED)),
)
"""The state machine without its comparison of bytes."""

_FOUND_AT: Final = {
    (message_windows, "MESSAGES_NEWEST"): r"'GET', ''",
    (message_windows, "MESSAGES_BEFORE"): "before=2",
    (message_windows, "MESSAGES_AFTER"): "after=0",
    (message_windows, "MESSAGES_AROUND"): "around=1",
    (reads, "MESSAGE"): r"/messages/\{message\}",
    (reads, "ONE_CONVERSATION"): "'PATCH'",
    (reads, "CONVERSATIONS"): r"== \[\]",
    (writes, "APPEND"): "'POST', '/messages'",
    (writes, "UPDATE"): "'PATCH'",
    (writes, "DELETE"): "'DELETE'",
}
"""Where the comparison of bytes notices that a statement is without its owner."""

MUTANTS: Final = (
    *(
        Mutant(
            name=f"{name} without its owner",
            replaces=(ownerless(getattr(module, name)),),
            found_by=_BYTES,
            given={"headers": {}},
            says=says,
        )
        for (module, name), says in _FOUND_AT.items()
    ),
    Mutant(
        name="the effect of a key without its owner",
        replaces=(ownerless(reads.EFFECT),),
        found_by=contract.test_a_key_is_its_owners_and_a_steps_own,
        given=_ANN_AND_BOB,
        says="!=",
    ),
    Mutant(
        name="open calls without their owner",
        replaces=(ownerless(reads.OPEN_CALLS),),
        found_by=contract.test_a_strangers_conversation_is_as_one_that_does_not_exist,
        given=_ANN_AND_BOB,
        says="DID NOT RAISE",
    ),
    Mutant(
        name="a count without its owner",
        replaces=(ownerless(reads.COUNT_BEFORE),),
        found_by=contract.test_messages_before_a_seq_are_counted,
        given=_ANN_AND_BOB,
        says="==",
    ),
    Mutant(
        name="a quota of conversations without its owner",
        replaces=(ownerless(writes.CREATE),),
        found_by=contract.test_only_the_owners_conversations_count,
        given=_ANN_AND_BOB,
        says="assert not True",
    ),
    Mutant(
        name="a quota of conversations without its owner, for a reply",
        replaces=(ownerless(reply_writes.BEGIN_CONVERSATION),),
        found_by=test_reply_log.test_only_the_owners_conversations_count,
        says="assert not True",
    ),
    *(
        Mutant(
            name=f"{name} without its owner",
            replaces=(ownerless(getattr(removals, name)),),
            found_by=test_removals.test_a_stranger_removes_nothing,
            given=_ANN_AND_BOB,
            says="DID NOT RAISE",
        )
        for name in ("REMOVE", "CLEAR")
    ),
    Mutant(
        name="a removal that leaves what was said",
        replaces=(
            (removals.REMOVE, "sql", re.sub("content=NULL, ", "", removals.REMOVE.sql)),
            (removals.CLEAR, "sql", re.sub("content=NULL, ", "", removals.CLEAR.sql)),
        ),
        found_by=test_removals.test_nothing_of_a_removed_message_is_left_but_its_place,
        given=_ANN_AND_BOB,
        says="assert not True",
    ),
    Mutant(
        name="an export without its owner",
        replaces=(ownerless(owner_archive.IDS), ownerless(message_windows.MESSAGES_AFTER)),
        found_by=test_isolation.test_an_export_has_nothing_of_another_owners,
        says="== \\['export', 'end'\\]",
    ),
    Mutant(
        name="another detail",
        replaces=((PostgresConversationRepository, "messages", _say),),
        found_by=_BYTES,
        given={"headers": {}},
        says=r"== \(404",
    ),
    Mutant(name="another header", replaces=_marks(None), found_by=_BYTES, given={"headers": {}}, says="x-owner"),
    Mutant(
        name="another header under Accept-Language",
        replaces=_marks(b"accept-language"),
        found_by=_BYTES,
        given={"headers": test_isolation.VARIATIONS["in a language"]},
        says="x-owner",
    ),
    Mutant(
        name="a page without its owner, for the state machine",
        replaces=(ownerless(message_windows.MESSAGES_AFTER), *_BLINDED),
        found_by=_MACHINE,
        says="== 404",
    ),
    Mutant(
        name="another's is deleted under a 404, for the state machine",
        replaces=((PostgresConversationRepository, "delete", _delete_silently), *_BLINDED),
        found_by=_MACHINE,
        says="404 < 300|conversation_not_found|== \\{",
    ),
)
