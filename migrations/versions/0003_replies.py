"""What a running reply is kept in, and the time at which a message was removed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns without a value, which rewrites no row, and an empty table."""
    op.add_column("conversations", sa.Column("reply_seq", sa.BigInteger))
    op.add_column("conversations", sa.Column("stop_seq", sa.BigInteger))
    op.add_column("messages", sa.Column("reply_to", sa.BigInteger))
    op.add_column("messages", sa.Column("removed_at", sa.TIMESTAMP(timezone=True)))
    op.create_table(
        "reply_batches",
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("events", postgresql.JSON, nullable=False),
        sa.Column("written_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "conversation_id", "seq", "n", name="pk_reply_batches"),
        sa.ForeignKeyConstraint(
            ["owner_id", "conversation_id"],
            ["conversations.owner_id", "conversations.id"],
            name="fk_reply_batches_conversations",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_reply_batches_seq_counts")),
        sa.CheckConstraint("n >= 0", name=op.f("ck_reply_batches_n_counts")),
    )


def downgrade() -> None:
    """Drop the table and the columns. A reply that runs becomes incomplete; a message that was removed stays empty."""
    op.execute("""
        UPDATE messages SET status = 'incomplete' FROM conversations
        WHERE reply_seq IS NOT NULL AND messages.owner_id = conversations.owner_id AND conversation_id = id
            AND seq = last_seq AND status = 'in_progress'
    """)
    op.drop_table("reply_batches")
    op.drop_column("messages", "removed_at")
    op.drop_column("messages", "reply_to")
    op.drop_column("conversations", "stop_seq")
    op.drop_column("conversations", "reply_seq")
