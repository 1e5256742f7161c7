"""The ports: what the application needs from outside, in the domain's own terms, one port a module."""
