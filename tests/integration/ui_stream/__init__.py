"""Streams of replies, as HTTP clients and the AI SDK read them."""
