"""The tables. Every key begins with the owner, so nothing can be found without one, and owners can be distributed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    cast,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, TIMESTAMP

SCHEMA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


conversations = Table(
    "conversations",
    SCHEMA,
    Column("owner_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("title", Text),
    Column("title_is_auto", Boolean, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("open_tool_calls", ARRAY(Text), nullable=False),
    Column("reply_seq", BigInteger),  # the first seq of the reply that runs; NULL if none does
    Column("stop_seq", BigInteger),  # the reply_seq of the reply that was asked to stop
    Column("archived_at", TIMESTAMP(timezone=True)),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("updated_at", TIMESTAMP(timezone=True), nullable=False),
    PrimaryKeyConstraint("owner_id", "id"),
    CheckConstraint("owner_id <> ''", name="owner_is_named"),
    CheckConstraint("last_seq >= 0", name="last_seq_counts"),
    CheckConstraint("char_length(title) <= 200", name="title_is_short"),
    CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_is_object"),
)

IS_ARCHIVED = cast(conversations.c.archived_at.is_not(None), Integer)
"""1 or 0, as in the index. It is no boolean: PostgreSQL would turn a comparison with ``false`` into
``archived_at IS NULL``, which does not match the index."""

Index(
    "ix_conversations_owner_id_is_archived_updated_at_id",
    conversations.c.owner_id,
    IS_ARCHIVED,
    conversations.c.updated_at.desc(),
    conversations.c.id.desc(),
)

Index(
    "ix_conversations_owner_id_id_running",
    conversations.c.owner_id,
    conversations.c.id,
    postgresql_where=conversations.c.reply_seq.is_not(None),
)

messages = Table(
    "messages",
    SCHEMA,
    Column("owner_id", Text, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("content", JSON),  # json, not jsonb: read and written whole, and kept as it came
    Column("tool_calls", JSON),
    Column("tool_call_id", Text),
    Column("name", Text),
    Column("item", JSON),  # an OpenAI Responses item that has no form as a chat message
    Column("status", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("reply_to", BigInteger),  # of a reply's messages: the seq of the turn that it answers
    Column("removed_at", TIMESTAMP(timezone=True)),  # of a message that was removed: its place stays, without content
    PrimaryKeyConstraint("owner_id", "conversation_id", "seq"),
    ForeignKeyConstraint(
        ["owner_id", "conversation_id"], ["conversations.owner_id", "conversations.id"], ondelete="CASCADE"
    ),
    CheckConstraint("seq > 0", name="seq_counts"),
    CheckConstraint("role IN ('system', 'developer', 'user', 'assistant', 'tool')", name="role_is_known"),
    CheckConstraint("status IN ('in_progress', 'completed', 'incomplete', 'failed')", name="status_is_known"),
)

# The log of a reply: its events in batches, numbered from 0 without a gap, so that each number is written once.
reply_batches = Table(
    "reply_batches",
    SCHEMA,
    Column("owner_id", Text, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the first seq of the reply
    Column("n", Integer, nullable=False),
    Column("events", JSON, nullable=False),
    Column("written_at", TIMESTAMP(timezone=True), nullable=False),  # the newest one's is the reply's sign of life
    PrimaryKeyConstraint("owner_id", "conversation_id", "seq", "n"),
    ForeignKeyConstraint(
        ["owner_id", "conversation_id"], ["conversations.owner_id", "conversations.id"], ondelete="CASCADE"
    ),
    CheckConstraint("seq > 0", name="seq_counts"),
    CheckConstraint("n >= 0", name="n_counts"),
)

# A key outlives the conversation it wrote to, or a late retry would have its effect a second time: no foreign key.
idempotency_keys = Table(
    "idempotency_keys",
    SCHEMA,
    Column("owner_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    PrimaryKeyConstraint("owner_id", "key"),
)
