"""Limits: what one client may take of a worker, and all its clients together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take: bytes, fields, seconds; and how much a worker has open, or answers, at once.

    The connections stay below the 1,024 files that a process may usually have open.
    """

    head_bytes: int = 16 * 1024
    head_fields: int = 64
    path_bytes: int = 1024
    query_bytes: int = 4 * 1024
    query_fields: int = 32
    head_seconds: float = 10
    body_seconds: float = 10
    write_seconds: float = 20
    requests_at_once: int = 1000
    pipelined: int = 32
    connections: int = 900
    unread_bytes: int = 24 * 1024 * 1024
    large_body_bytes: int = 64 * 1024
    bodies_bytes: int = 24 * 1024 * 1024
    tiny_piece_bytes: int = 64
    tiny_pieces: int = 4096
