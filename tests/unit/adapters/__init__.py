"""The adapters, apart from what they adapt to."""
