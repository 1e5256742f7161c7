"""Unit tests of entrypoints/web."""
