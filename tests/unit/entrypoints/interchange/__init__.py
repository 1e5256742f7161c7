"""Unit tests of the interchange format."""
