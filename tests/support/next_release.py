"""The next release's migrations: those of the code, and one revision more."""

import shutil
from pathlib import Path
from typing import Final

import migrations
from adapters.postgres.revisions import newest_revision

REVISION: Final = "next"
_MODULE: Final = '''"""A column for each table, which needs locks that writers wait for."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("conversations", sa.Column("note", sa.Text))
    op.add_column("messages", sa.Column("note", sa.Text))
'''


def write_next_release(folder: Path) -> dict[str, str]:
    """Write the migrations into a folder; the environment in which ``ai-agent migrate`` takes them for the code's."""
    package = folder / "migrations"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(migrations.__file__).parent, package, ignore=ignored)
    module = _MODULE.format(revision=REVISION, before=newest_revision())
    (package / "versions" / "next_release.py").write_text(module)
    return {"PYTHONPATH": str(folder)}
