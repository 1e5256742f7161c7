"""The native HTTP API, below /api, and the documents that describe it."""
