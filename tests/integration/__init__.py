"""The whole, on a real PostgreSQL."""
