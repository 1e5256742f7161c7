"""Checking what is kept, on fakes."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from application.check_consistency import CheckConsistency, CheckTotals
from application.progress import Progress
from domain.consistency import CallHistory, Finding, FindingKind, StoredConversation, StoredIdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from tests.support.fakes.consistency_reader import Belongings, ScriptedConsistencyReader

ANN, BOB = OwnerId("ann"), OwnerId("bob")
ONE, TWO = (ConversationId(UUID(int=number)) for number in (1, 2))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOUND = StoredConversation(
    conversation_id=ONE,
    last_seq=3,
    updated_at=NOON,
    message_count=3,
    lowest_seq=1,
    highest_seq=3,
    newest_message_at=NOON,
    uses_tools=False,
)
EMPTY = StoredConversation(
    conversation_id=TWO,
    last_seq=0,
    updated_at=NOON,
    message_count=0,
    lowest_seq=None,
    highest_seq=None,
    newest_message_at=None,
    uses_tools=False,
)


async def check(data: ScriptedConsistencyReader) -> tuple[CheckTotals, list[Finding]]:
    found: list[Finding] = []
    return await CheckConsistency(data)(found.append), found


async def test_what_is_sound_is_counted_and_not_reported() -> None:
    key = StoredIdempotencyKey(conversation_id=ONE, first_seq=3, last_seq=3, conversation_last_seq=3)
    nothing_written = replace(key, first_seq=1, last_seq=0, conversation_last_seq=0)
    anns = Belongings(
        conversations=[SOUND, EMPTY], keys=[key, nothing_written, replace(key, conversation_last_seq=None)]
    )
    data = ScriptedConsistencyReader({ANN: anns, BOB: Belongings(conversations=[SOUND])}, {"messages": 0})

    totals, found = await check(data)

    assert found == []
    assert totals == CheckTotals(owners=2, conversations=3, messages=6, findings=0)
    assert data.asked_for_calls == []


async def test_every_finding_is_reported_and_counted_with_its_owner() -> None:
    broken = replace(SOUND, last_seq=4, updated_at=datetime(2026, 1, 1, 11, tzinfo=UTC), uses_tools=True)
    bobs = Belongings(
        conversations=[broken],
        stray={TWO: 5},
        keys=[StoredIdempotencyKey(conversation_id=ONE, first_seq=4, last_seq=5, conversation_last_seq=4)],
        calls={ONE: CallHistory(open_calls=("a",), tool_steps=())},
    )

    totals, found = await check(ScriptedConsistencyReader({ANN: Belongings(), BOB: bobs}, {"messages": 2}))

    assert [(one.kind, one.owner_id, one.conversation_id) for one in found] == [
        (FindingKind.EMPTY_OWNER, "", None),
        (FindingKind.SEQS, BOB, ONE),
        (FindingKind.UPDATED_AT, BOB, ONE),
        (FindingKind.OPEN_CALLS, BOB, ONE),
        (FindingKind.STRAY_MESSAGES, BOB, TWO),
        (FindingKind.KEY, BOB, ONE),
    ]
    assert totals == CheckTotals(owners=2, conversations=1, messages=8, findings=6)


async def test_a_conversation_that_is_deleted_meanwhile_is_not_reported() -> None:
    anns = Belongings(conversations=[replace(SOUND, uses_tools=True)])
    data = ScriptedConsistencyReader({ANN: anns})

    _, found = await check(data)

    assert found == []
    assert data.asked_for_calls == [ONE]


async def test_each_owner_and_each_conversation_is_told() -> None:
    told: list[Progress] = []
    anns = Belongings(conversations=[SOUND, EMPTY])
    data = ScriptedConsistencyReader({ANN: anns, BOB: Belongings(conversations=[SOUND])})

    await CheckConsistency(data)(lambda _: None, told.append)

    assert told == [Progress(owners=owners, rows=rows) for owners, rows in ((1, 0), (1, 4), (1, 5), (2, 5), (2, 9))]
