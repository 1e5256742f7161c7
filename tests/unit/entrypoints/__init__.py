"""Unit tests of the entrypoints, on fakes and without sockets."""
