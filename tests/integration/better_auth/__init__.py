"""Proves the authentication against a real better-auth server on the same database."""
