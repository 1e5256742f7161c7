"""Alembic's environment: runs the revisions on the connection that it is given, each in a transaction of its own.

Without a connection it writes their SQL.
"""

from alembic import context

from adapters.postgres.revisions import REVISION_TABLE
from adapters.postgres.tables import SCHEMA

context.configure(
    connection=context.config.attributes.get("connection"),
    dialect_name="postgresql",
    target_metadata=SCHEMA,
    version_table=REVISION_TABLE,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
