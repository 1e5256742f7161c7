"""Unit tests of the domain: no I/O."""
