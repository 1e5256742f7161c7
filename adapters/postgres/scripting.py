"""Scripting: writes the SQL of revisions for whoever wants to read it, and runs nothing."""

from io import StringIO

from alembic import command

from adapters.postgres.climbing import LOCK_TIMEOUT
from adapters.postgres.revisions import alembic_config


def script(revision: str | None) -> str:
    """The SQL that brings a schema of this revision, or an empty one, to the newest, as a migration would run it."""
    config = alembic_config()
    config.output_buffer = written = StringIO()
    command.upgrade(config, f"{revision or 'base'}:head", sql=True)
    return written.getvalue().replace("BEGIN;\n", f"BEGIN;\n\n{LOCK_TIMEOUT};\n")
