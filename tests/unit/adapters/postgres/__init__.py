"""The PostgreSQL adapter, without a database."""
