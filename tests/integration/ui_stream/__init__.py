"""Streams as the AI SDK reads them."""
