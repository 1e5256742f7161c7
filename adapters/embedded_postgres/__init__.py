"""A real PostgreSQL for development and tests, which runs as long as our process."""
