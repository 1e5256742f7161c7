"""Tests that attack the running service."""
