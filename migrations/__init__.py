"""The schema of the database, one Alembic revision after the other."""
