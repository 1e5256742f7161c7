"""The index of the list of conversations, which tells archived ones from live ones."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_OLD = "ix_conversations_owner_id_updated_at_id"
_NEW = "ix_conversations_owner_id_is_archived_updated_at_id"
_LATEST_FIRST = [sa.text("updated_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    """Build the new index, then drop the old one."""
    _replace(_OLD, _NEW, ["owner_id", sa.text("CAST(archived_at IS NOT NULL AS integer)"), *_LATEST_FIRST])


def downgrade() -> None:
    """Build the old index, then drop the new one."""
    _replace(_NEW, _OLD, ["owner_id", *_LATEST_FIRST])


def _replace(old: str, new: str, columns: list[Any]) -> None:
    """Build and drop beside writers; what an interrupted migration left of the new index is dropped before."""
    with op.get_context().autocommit_block():
        op.drop_index(new, "conversations", if_exists=True, postgresql_concurrently=True)
        op.create_index(new, "conversations", columns, postgresql_concurrently=True)
        op.drop_index(old, "conversations", if_exists=True, postgresql_concurrently=True)
