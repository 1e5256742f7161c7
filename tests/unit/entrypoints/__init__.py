"""The entrypoints, without a socket."""
