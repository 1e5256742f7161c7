"""The schema's revisions: where the database's revision is stored, and with which ones this code works."""

from functools import cache
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory

REVISION_TABLE: Final = "ai_agent_revision"
"""Not Alembic's usual name: the database is shared."""


@cache
def newest_revision() -> str | None:
    """The revision that this code was written for."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def is_current(revision: str | None) -> bool:
    """Whether this code works with a schema of this revision: the newest that it knows, or one that it does not know.

    An unknown revision is a later release's, whose migrations keep what the release before needs.
    """
    return revision is not None and (revision == newest_revision() or not is_known(revision))


def is_known(revision: str) -> bool:
    """Whether this code has this revision."""
    return revision in _known()


def alembic_config() -> Config:
    """Alembic's configuration, which says where the revisions are."""
    config = Config()
    config.set_main_option("script_location", "migrations:")
    return config


@cache
def _known() -> frozenset[str]:
    known = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return frozenset(one.revision for one in known)
