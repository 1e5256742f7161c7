"""The better-auth adapter, without a database."""
