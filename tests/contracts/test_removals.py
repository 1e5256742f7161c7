"""What the contract of the conversation repository says of messages that are removed, for every implementation."""

import secrets
from dataclasses import replace
from uuid import UUID

import pytest

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from domain.append import decide_append
from domain.conversation import ConversationPatch, NewConversation
from domain.errors import ConversationNotFoundError, MessageNotFoundError, ReplyRunningError, StateMovedError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.pages import MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.removal import Removal
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.histories import calls, result, user


@pytest.fixture(params=["in memory", "PostgreSQL"])
def repository(request: pytest.FixtureRequest, database: Database) -> ConversationRepository:
    if request.param == "in memory":
        return InMemoryConversationRepository()
    return PostgresConversationRepository(database)


@pytest.fixture
def ann() -> OwnerId:
    return OwnerId(f"ann-{secrets.token_hex(6)}")


@pytest.fixture
def bob() -> OwnerId:
    return OwnerId(f"bob-{secrets.token_hex(6)}")


async def begin(
    repository: ConversationRepository, owner: OwnerId, *messages: NewMessage, title: str | None = None
) -> ConversationId:
    place = ConversationId(UUID(int=secrets.randbits(128)))
    append = decide_append(messages, frozenset()) if messages else None
    await repository.create(owner, NewConversation(id=place, title=title, metadata=EMPTY_OBJECT, append=append), None)
    return place


async def seqs(
    repository: ConversationRepository, owner: OwnerId, place: ConversationId, limit: int = 200, **anchor: int
) -> list[int]:
    page = await repository.messages(owner, place, MessageWindow(limit=limit, **anchor))
    return [message.seq for message in page.messages]


async def test_a_removed_message_is_gone_and_its_place_is_not_used_again(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    place = await begin(repository, ann, *map(user, "abc"))
    before = await repository.conversation(ann, place)

    await repository.remove(ann, place, Removal(seqs=(2, 3)))
    appended = await repository.append(ann, place, decide_append([user("d")], None), None)

    assert [message.seq for message in appended] == [4]
    assert await seqs(repository, ann, place) == [1, 4]
    for seq in (2, 3):
        with pytest.raises(MessageNotFoundError):
            await repository.message(ann, place, seq)
    assert (await repository.conversation(ann, place)).last_seq == 4
    assert before.updated_at == before.created_at


async def test_of_messages_that_are_not_all_there_none_is_removed(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    place = await begin(repository, ann, user(), calls("a"), result("a"))
    await repository.remove(ann, place, Removal(seqs=(2,)))

    for seqs_of_removal in ((2,), (1, 2), (3, 9)):
        removal = Removal(seqs=seqs_of_removal, leaves=frozenset({"a"}), title=None)
        with pytest.raises(StateMovedError):
            await repository.remove(ann, place, removal)

    assert await seqs(repository, ann, place) == [1, 3]
    assert (await repository.open_calls(ann, place, None))[0] == frozenset()
    assert (await repository.conversation(ann, place)).title == "hello"


async def test_removing_moves_no_activity(repository: ConversationRepository, ann: OwnerId) -> None:
    place = await begin(repository, ann, *map(user, "abc"))
    before = await repository.conversation(ann, place)

    await repository.remove(ann, place, Removal(seqs=(2,)))

    assert await repository.conversation(ann, place) == before


async def test_windows_pass_over_removed_messages(repository: ConversationRepository, ann: OwnerId) -> None:
    place = await begin(repository, ann, *(user(str(n)) for n in range(1, 16)))
    await repository.remove(ann, place, Removal(seqs=(1, 2, 5, 6, 7, 8, 11, 15)))
    there = [3, 4, 9, 10, 12, 13, 14]

    for limit in (1, 2, 3, 6, 7, 8):
        assert await seqs(repository, ann, place, limit) == there[-limit:]
        for anchor in range(18):
            before = [seq for seq in there if seq < anchor]
            after = [seq for seq in there if seq > anchor]
            first = max(0, min(len(before) - limit // 2, len(there) - limit))
            assert await seqs(repository, ann, place, limit, before=anchor) == before[-limit:]
            assert await seqs(repository, ann, place, limit, after=anchor) == after[:limit]
            assert await seqs(repository, ann, place, limit, around=anchor) == there[first : first + limit]


async def test_a_page_tells_of_messages_that_remain_alone(repository: ConversationRepository, ann: OwnerId) -> None:
    place = await begin(repository, ann, *(user(str(n)) for n in range(1, 11)))
    await repository.remove(ann, place, Removal(seqs=(1, 2, 5, 6, 9, 10)))

    async def more(**window: int) -> tuple[bool, bool]:
        page = await repository.messages(ann, place, MessageWindow(**window))
        return page.has_more_before, page.has_more_after

    assert await more(limit=4) == await more(around=5) == await more(after=0) == await more(before=99) == (False, False)
    assert await more(limit=2) == await more(limit=2, before=9) == await more(after=4) == (True, False)
    assert await more(limit=2, after=0) == await more(before=7) == await more(limit=2, around=1) == (False, True)
    assert await more(limit=1, around=4) == await more(limit=1, after=3) == (True, True)
    assert await more(before=3) == (False, True)
    assert await more(after=8) == (True, False)
    assert [await repository.count_before(ann, place, seq) for seq in (3, 4, 99)] == [0, 1, 4]


async def test_a_conversation_whose_messages_are_removed_is_empty(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    place = await begin(repository, ann, *map(user, "abc"))

    await repository.remove(ann, place, Removal(seqs=(1, 2, 3)))

    for window in (MessageWindow(), MessageWindow(before=2), MessageWindow(after=0), MessageWindow(around=2)):
        page = await repository.messages(ann, place, window)
        assert (page.messages, page.has_more_before, page.has_more_after) == ((), False, False)
        assert page.conversation.last_seq == 3


async def test_a_removal_leaves_the_open_calls_that_it_says(repository: ConversationRepository, ann: OwnerId) -> None:
    place = await begin(repository, ann, calls("b", "a"))

    await repository.remove(ann, place, Removal(seqs=()))
    assert (await repository.open_calls(ann, place, None))[0] == {"a", "b"}

    decided_on, leaves = frozenset({"a", "b"}), frozenset({"b"})
    await repository.remove(ann, place, Removal(seqs=(), decided_on=decided_on, leaves=leaves))
    assert (await repository.open_calls(ann, place, None))[0] == {"b"}

    await repository.append(ann, place, decide_append([result("b")], leaves), None)
    assert (await repository.open_calls(ann, place, None))[0] == frozenset()


@pytest.mark.parametrize(
    "removal",
    [
        Removal(seqs=(1,), follows=1),
        Removal(seqs=(1,), follows=3),
        Removal(seqs=(1,), decided_on=frozenset(), leaves=frozenset()),
        Removal(seqs=(1,), decided_on=frozenset({"b"}), leaves=frozenset(), follows=2),
    ],
)
async def test_a_removal_that_was_decided_on_another_state_is_not_made(
    repository: ConversationRepository, ann: OwnerId, removal: Removal
) -> None:
    place = await begin(repository, ann, user(), calls("a"))

    with pytest.raises(StateMovedError):
        await repository.remove(ann, place, removal)
    with pytest.raises(StateMovedError):
        await repository.clear(ann, place, 1)

    assert await seqs(repository, ann, place) == [1, 2]
    assert (await repository.open_calls(ann, place, None))[0] == {"a"}


async def test_nothing_is_removed_while_a_reply_runs(
    repository: ConversationRepository, database: Database, ann: OwnerId
) -> None:
    place = await begin(repository, ann, user())
    if isinstance(repository, InMemoryConversationRepository):
        kept = repository.find(ann, place)
        kept.conversation = replace(kept.conversation, reply_seq=1)
    else:
        await database.fetch("UPDATE conversations SET reply_seq = 1 WHERE id = $1", (place,))

    with pytest.raises(ReplyRunningError):
        await repository.remove(ann, place, Removal(seqs=(1,)))
    with pytest.raises(ReplyRunningError):
        await repository.clear(ann, place, 1)

    assert await seqs(repository, ann, place) == [1]


async def test_only_an_automatic_title_is_replaced(repository: ConversationRepository, ann: OwnerId) -> None:
    given, automatic = await begin(repository, ann, user("a"), title="given"), await begin(repository, ann, user("a"))

    async def titles() -> list[tuple[str | None, bool]]:
        found = [await repository.conversation(ann, place) for place in (given, automatic)]
        return [(one.title, one.title_is_auto) for one in found]

    for place in (given, automatic):
        await repository.remove(ann, place, Removal(seqs=(1,)))
    assert await titles() == [("given", False), ("a", True)]
    for title, expected in (("b", ("b", True)), (None, (None, False))):
        for place in (given, automatic):
            await repository.remove(ann, place, Removal(seqs=(), title=title))
        assert await titles() == [("given", False), expected]
    await repository.append(ann, automatic, decide_append([user("c")], None), None)
    assert await titles() == [("given", False), ("c", True)]


async def test_a_conversation_that_is_cleared_goes_on(repository: ConversationRepository, ann: OwnerId) -> None:
    place = await begin(repository, ann, user("a"), calls("x"), result("x"), calls("y"))
    other = await begin(repository, ann, user("b"))
    await repository.update(ann, other, ConversationPatch(title="given").decide(None))

    await repository.clear(ann, place, 4)
    await repository.clear(ann, other, 1)

    conversation = await repository.conversation(ann, place)
    assert (conversation.title, conversation.title_is_auto, conversation.last_seq) == (None, False, 4)
    assert (await repository.conversation(ann, other)).title == "given"
    assert (await repository.open_calls(ann, place, None))[0] == frozenset()
    assert await seqs(repository, ann, place) == []
    assert [one.seq for one in await repository.append(ann, place, decide_append([user("c")], None), None)] == [5]
    assert await seqs(repository, ann, place) == [5]


async def test_a_stranger_removes_nothing(repository: ConversationRepository, ann: OwnerId, bob: OwnerId) -> None:
    place = await begin(repository, ann, user("a"))

    for owner, conversation_id in ((bob, place), (ann, ConversationId(UUID(int=secrets.randbits(128))))):
        with pytest.raises(ConversationNotFoundError):
            await repository.remove(owner, conversation_id, Removal(seqs=(1,)))
        with pytest.raises(ConversationNotFoundError):
            await repository.clear(owner, conversation_id, 1)

    assert await seqs(repository, ann, place) == [1]


async def test_nothing_of_a_removed_message_is_left_but_its_place(database: Database, ann: OwnerId) -> None:
    repository = PostgresConversationRepository(database)
    said = NewMessage(role=Role.USER, content="a secret", name="ann", metadata={"a": "secret"}, item={"a": "secret"})
    place = await begin(repository, ann, said, calls("secret"), result("secret"))

    await repository.clear(ann, place, 3)

    rows = await database.fetch("SELECT m::text FROM messages AS m WHERE conversation_id = $1 ORDER BY seq", (place,))
    assert len(rows) == 3
    assert not any("secret" in row[0] for row in rows)
    assert [row[0].split(",")[3:9] for row in rows] == [
        ["user", "", "", "", "", ""],
        ["assistant", "", "", "", "", ""],
        ["tool", "", "", "", "", ""],
    ]
