"""The echo."""
