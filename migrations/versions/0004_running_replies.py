"""The index of the running replies."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INDEX = "ix_conversations_owner_id_id_running"


def upgrade() -> None:
    """Build the index beside writers; what an interrupted migration left of it is dropped before."""
    with op.get_context().autocommit_block():
        op.drop_index(_INDEX, "conversations", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _INDEX,
            "conversations",
            ["owner_id", "id"],
            postgresql_where=sa.text("reply_seq IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    """Drop the index."""
    with op.get_context().autocommit_block():
        op.drop_index(_INDEX, "conversations", if_exists=True, postgresql_concurrently=True)
