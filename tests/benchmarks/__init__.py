"""Measured speed: the service beside its references, on the same database, work and machine."""
