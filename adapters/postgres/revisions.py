"""The schema's revisions: where the database's own is kept, and which this code can work on."""

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
    """Whether this code can work on a schema of this revision: on the newest that it knows, or on one it doesn't know.

    That is of a later release, and a release's migrations leave what the release before needs.
    """
    return revision is not None and revision not in _outdated()


def alembic_config() -> Config:
    """Where Alembic finds the revisions."""
    config = Config()
    config.set_main_option("script_location", "migrations:")
    return config


@cache
def _outdated() -> frozenset[str | None]:
    known = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return frozenset(one.revision for one in known) - {newest_revision()}
