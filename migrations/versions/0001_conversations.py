"""Conversations, their messages, and the idempotency keys of what was written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversations",
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("title_is_auto", sa.Boolean, nullable=False),
        sa.Column("metadata", postgresql.JSONB, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("open_tool_calls", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("archived_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "id", name="pk_conversations"),
        sa.CheckConstraint("owner_id <> ''", name=op.f("ck_conversations_owner_is_named")),
        sa.CheckConstraint("last_seq >= 0", name=op.f("ck_conversations_last_seq_counts")),
        sa.CheckConstraint("char_length(title) <= 200", name=op.f("ck_conversations_title_is_short")),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name=op.f("ck_conversations_metadata_is_object")),
    )
    op.create_index(
        "ix_conversations_owner_id_updated_at_id",
        "conversations",
        ["owner_id", sa.text("updated_at DESC"), sa.text("id DESC")],
    )
    op.create_table(
        "messages",
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("content", postgresql.JSON),
        sa.Column("tool_calls", postgresql.JSON),
        sa.Column("tool_call_id", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("item", postgresql.JSON),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("metadata", postgresql.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "conversation_id", "seq", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["owner_id", "conversation_id"],
            ["conversations.owner_id", "conversations.id"],
            name="fk_messages_conversations",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_messages_seq_counts")),
        sa.CheckConstraint(
            "role IN ('system', 'developer', 'user', 'assistant', 'tool')", name=op.f("ck_messages_role_is_known")
        ),
        sa.CheckConstraint(
            "status IN ('in_progress', 'completed', 'incomplete', 'failed')", name=op.f("ck_messages_status_is_known")
        ),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "key", name="pk_idempotency_keys"),
    )


def downgrade() -> None:
    """Drop the tables, and all that was kept in them."""
    op.drop_table("idempotency_keys")
    op.drop_table("messages")
    op.drop_table("conversations")
