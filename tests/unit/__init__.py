"""Unit tests: no I/O; the folders are those of the packages that they test."""
