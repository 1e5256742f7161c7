"""The container."""
