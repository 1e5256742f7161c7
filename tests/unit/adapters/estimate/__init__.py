"""The estimate of tokens."""
