"""Peers: the same work done by this project and by others, on one durable PostgreSQL."""
