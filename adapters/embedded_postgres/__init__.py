"""A real PostgreSQL of our own, for development and tests, that lives as long as we do."""
