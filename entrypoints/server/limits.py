"""Limits: what one client may take of a worker, and all its clients together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a worker gives, in bytes, seconds and counts."""

    head_bytes: int = 16 * 1024
    """Of the headers of a request, and of the trailers of a chunked body."""
    head_fields: int = 64
    """Headers of a request, and trailers of a chunked body."""
    path_bytes: int = 1024
    query_bytes: int = 4 * 1024
    query_fields: int = 32
    head_seconds: float = 10
    """From the first byte of a request head to its last, and from the connection to the first request."""
    body_seconds: float = 10
    """From the end of the head to the last byte of the body."""
    write_seconds: float = 20
    """How long a client may stop reading before it is cut off."""
    requests_at_once: int = 1000
    """Being answered by the worker."""
    pipelined: int = 32
    """Requests that wait on one connection for the responses before theirs."""
    connections: int = 900
    """Of the worker: below the 1,024 files that a process may usually have open."""
    unread_bytes: int = 24 * 1024 * 1024
    """Of responses that all clients of the worker have yet to read, besides the newest one."""
    large_body_bytes: int = 64 * 1024
    """A body of fewer bytes is never refused for ``bodies_bytes``."""
    bodies_bytes: int = 24 * 1024 * 1024
    """Of all bodies that the worker is reading or answering."""
    tiny_piece_bytes: int = 64
    tiny_pieces: int = 4096
    """How many pieces of fewer than ``tiny_piece_bytes`` a body may come in."""
