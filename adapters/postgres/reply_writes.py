"""The statements that begin, write and end replies. The log is also the lock: a batch's number is in its key."""

from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, array
from sqlalchemy.types import BigInteger, Boolean, Integer

from adapters.postgres.columns import CONVERSATION, NOW, OURS, OWNER, given
from adapters.postgres.compiling import Statement
from adapters.postgres.tables import conversations, messages, reply_batches
from adapters.postgres.writes import (
    AS_DECIDED,
    COUNT,
    FOLLOWS,
    LEAVES,
    TITLED,
    advance_conversation,
    insert_conversation,
    insert_key,
    insert_messages,
)
from domain.message import Status

_BATCH: Final = ["owner_id", "conversation_id", "seq", "n", "events", "written_at"]
REPLY: Final = given("reply_seq", BigInteger())
SEQ: Final = given("seq", BigInteger())
_NUMBER: Final = given("number", Integer())
_TURN: Final = given("turn", BigInteger())

OUR_BATCHES: Final = and_(reply_batches.c.owner_id == OWNER, reply_batches.c.conversation_id == CONVERSATION)
"""The condition for the batches of one conversation of the owner."""
_OUR_MESSAGES: Final = and_(messages.c.owner_id == OWNER, messages.c.conversation_id == CONVERSATION)

EMPTIED: Final = {
    "content": null(),
    "tool_calls": null(),
    "tool_call_id": null(),
    "name": null(),
    "item": null(),
    "metadata": literal_column("'{}'::json"),
}
"""The values of a message that is removed."""


def _no_call_of_others() -> ColumnElement[bool]:
    """Whether all open calls are of earlier replies to the turn, which are removed."""
    call = func.json_array_elements(messages.c.tool_calls).table_valued(column("value", JSON), name="call")
    ours = (
        select(func.array_agg(call.c.value["id"].astext))
        .select_from(messages.join(call, true()))
        .where(_OUR_MESSAGES, messages.c.seq > _TURN, messages.c.reply_to == _TURN, messages.c.removed_at.is_(None))
        .scalar_subquery()
    )
    fits: ColumnElement[bool] = conversations.c.open_tool_calls.contained_by(
        func.coalesce(ours, cast(array([]), ARRAY(Text)))
    )
    return fits


def _insert_first_batch(written: CTE) -> CTE:
    values = [OWNER, CONVERSATION, written.c.last_seq, literal(0, Integer()), literal_column("'[]'::json"), NOW]
    return insert(reply_batches).from_select(_BATCH, select(*values).select_from(written)).cte("opened")


def _begin(*, again: bool) -> Statement:
    """An append of messages of which the last one is in progress; ``again``: to a turn that was saved before."""
    written = advance_conversation(
        COUNT,
        conversations.c.reply_seq.is_(None),
        *([conversations.c.last_seq == FOLLOWS, _no_call_of_others()] if again else AS_DECIDED),
        open_tool_calls=LEAVES,
        reply_seq=conversations.c.last_seq + COUNT,
        **({} if again else TITLED),
    )
    before_first, at = written.c.last_seq - COUNT, written.c.updated_at
    # Citus runs the parts one after another: the log that is opened is there when the logs before it are purged.
    logs_before = and_(OUR_BATCHES, reply_batches.c.seq < select(written.c.last_seq).scalar_subquery())
    last_log = select(func.max(reply_batches.c.seq)).where(logs_before).scalar_subquery()
    parts = [
        insert_messages(written, before_first, at, _TURN if again else written.c.last_seq - 1),
        _insert_first_batch(written),
        delete(reply_batches)
        .where(OUR_BATCHES, reply_batches.c.seq < last_log)
        .returning(reply_batches.c.n)
        .cte("purged"),
    ]
    if again:
        parts.append(
            update(messages)
            .where(_OUR_MESSAGES, messages.c.seq > _TURN, messages.c.seq <= before_first)
            .where(messages.c.reply_to == _TURN, messages.c.removed_at.is_(None))
            .values(removed_at=at, **EMPTIED)
            .returning(messages.c.seq)
            .cte("removed")
        )
    else:
        parts.append(insert_key(written, before_first + 1, written.c.last_seq - 1, at))
    return Statement(select(written.c.last_seq, written.c.updated_at).add_cte(*parts))


def _begin_conversation() -> Statement:
    written = insert_conversation(COUNT, reply_seq=COUNT)
    return Statement(
        select(written.c.created_at).add_cte(
            insert_key(written, literal(1, BigInteger()), written.c.last_seq - 1, written.c.created_at),
            insert_messages(written, literal(0, BigInteger()), written.c.created_at, written.c.last_seq - 1),
            _insert_first_batch(written),
        )
    )


def _write() -> Statement:
    """Batches of several replies. The commit is not waited for: a later ``ADVANCE`` makes them last."""
    names: dict[str, Any] = {"owner_id": Text, "conversation_id": Uuid, "seq": BigInteger, "n": Integer, "events": JSON}
    new = (
        func.unnest(*(given(f"batches_{name}", ARRAY(type_)) for name, type_ in names.items()))
        .table_valued(*(column(name, type_) for name, type_ in names.items()), with_ordinality="place")
        .render_derived("new")
    )
    before = reply_batches.alias("before")
    running = (
        select(
            *(new.c[name] for name in (*names, "place")),
            conversations.c.stop_seq.is_not_distinct_from(conversations.c.reply_seq).label("stop"),
            func.set_config("synchronous_commit", "off", true()).label("off"),
        )
        .select_from(
            new.join(
                conversations,
                and_(
                    conversations.c.owner_id == new.c.owner_id,
                    conversations.c.id == new.c.conversation_id,
                    conversations.c.reply_seq == new.c.seq,
                ),
            ).join(
                before,
                and_(
                    before.c.owner_id == new.c.owner_id,
                    before.c.conversation_id == new.c.conversation_id,
                    before.c.seq == new.c.seq,
                    before.c.n == new.c.n - 1,
                ),
            )
        )
        .cte("running")
    )
    kept = insert(reply_batches).from_select(
        _BATCH, select(*(running.c[name] for name in names), NOW).where(running.c.off.is_not(None))
    )
    return Statement(select(running.c.place, running.c.stop).add_cte(kept.cte("kept")))


def _advance() -> Statement:
    runs_on = given("runs_on", Boolean())
    has_batch_before = (
        exists()
        .where(OUR_BATCHES, reply_batches.c.seq == REPLY, reply_batches.c.n == _NUMBER - 1)
        .correlate(conversations)
    )
    written = advance_conversation(
        COUNT,
        conversations.c.reply_seq == REPLY,
        conversations.c.last_seq == SEQ,
        has_batch_before,
        open_tool_calls=LEAVES,
        reply_seq=case((runs_on, conversations.c.reply_seq), else_=null()),
    )
    at: ColumnElement[Any] = written.c.updated_at
    turn = select(messages.c.reply_to).where(_OUR_MESSAGES, messages.c.seq == SEQ).scalar_subquery()
    batch = [OWNER, CONVERSATION, REPLY, _NUMBER, given("events", JSON()), NOW]
    return Statement(
        select(at).add_cte(
            insert(reply_batches).from_select(_BATCH, select(*batch).select_from(written)).cte("kept"),
            update(messages)
            .where(_OUR_MESSAGES, messages.c.seq == SEQ, messages.c.status == Status.IN_PROGRESS.value)
            .where(at.is_not(None))
            .values(
                content=given("content", JSON()),
                tool_calls=given("tool_calls", JSON()),
                status=given("status", Text()),
            )
            .returning(messages.c.seq)
            .cte("finished"),
            insert_messages(written, written.c.last_seq - COUNT, at, turn),
            insert_key(written, REPLY, written.c.last_seq, at),
        )
    )


BEGIN = _begin(again=False)
BEGIN_AGAIN = _begin(again=True)
BEGIN_CONVERSATION = _begin_conversation()
WRITE = _write()
ADVANCE = _advance()

STOP = Statement(
    update(conversations)
    .where(OURS, conversations.c.reply_seq.is_not(None))
    .values(stop_seq=conversations.c.reply_seq)
    .returning(conversations.c.reply_seq)
)

RUNS = select(conversations.c.id).where(OURS, conversations.c.reply_seq == REPLY).exists()
"""Whether the reply runs."""

FORGET = Statement(delete(reply_batches).where(OUR_BATCHES, reply_batches.c.seq == REPLY, ~RUNS))
