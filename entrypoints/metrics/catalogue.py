"""The catalogue: every metric of the service. docs/operations.md explains each of them."""

from typing import Final

from domain.reply_events import FinishReason
from entrypoints.metrics.series import Counter, Gauge, Histogram

_TO_RESPOND: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_IN_THE_DATABASE: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_TO_SPEAK: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods that are told by their names: a client may send any other."""
OTHER: Final = "other"
"""The label of a path that no route has, and of a method that HTTP does not have."""

REQUESTS: Final = Histogram(
    "ai_agent_http_request_seconds",
    "From the head of a request to the beginning of its response, by route, method and status.",
    ["route", "method", "status"],
    bounds=_TO_RESPOND,
)
ERRORS: Final = Counter("ai_agent_http_errors_total", "Responses that told of an error, by its code.", ["code"])
REFUSED_CREDENTIALS: Final = Counter("ai_agent_refused_credentials_total", "Refused credentials, by cause.", ["cause"])
LIMITS: Final = Counter(
    "ai_agent_limits_struck_total",
    "How often a limit struck, by limit.",
    ["limit"],
    known=(
        *("target", "head", "body", "tiny_pieces", "arrival", "pipelined", "connections", "requests", "bodies"),
        *("unread", "reading", "response_time", "running"),
        *("address_requests", "user_requests", "user_messages", "user_bytes", "user_replies"),
        *("user_conversations", "conversation_messages"),
    ),
)
REPLAYS: Final = Counter(
    "ai_agent_idempotent_replays_total", "Responses that repeated an earlier result under its key."
)
OPEN_STREAMS: Final = Gauge("ai_agent_open_streams", "Streams of events that are being sent.")

POOL_OPEN: Final = Gauge("ai_agent_pool_connections", "Open connections to the database.")
POOL_MOST: Final = Gauge("ai_agent_pool_most_connections", "Connections to the database, at most.")
POOL_FREE: Final = Gauge("ai_agent_pool_free_connections", "Connections that are in no use, or may still be opened.")
POOL_WAITING: Final = Gauge(
    "ai_agent_pool_waiting", "Statements that wait for a connection, or for others of their owner."
)
POOL_WAITS: Final = Histogram(
    "ai_agent_pool_wait_seconds",
    "How long those statements waited that had to.",
    bounds=_IN_THE_DATABASE,
)
STATEMENTS: Final = Histogram(
    "ai_agent_statement_seconds", "How long a statement took, by name.", ["statement"], bounds=_IN_THE_DATABASE
)
UNAVAILABLE: Final = Counter(
    "ai_agent_storage_unavailable_total", "Statements that failed as the storage was away, full or too slow."
)
RETRIES: Final = Counter(
    "ai_agent_retries_total",
    "Writes and reads that were tried once more, by cause.",
    ["cause"],
    known=("connection_lost", "schema_changed", "state_moved"),
)
MESSAGES: Final = Counter("ai_agent_messages_appended_total", "Messages that were stored.")

REPLIES: Final = Counter(
    "ai_agent_replies_total", "Replies that have ended, by outcome.", ["outcome"], known=FinishReason
)
FIRST_DELTAS: Final = Histogram(
    "ai_agent_reply_first_delta_seconds",
    "From the question to the responder until it said something.",
    bounds=_TO_SPEAK,
)
RUNNING_REPLIES: Final = Gauge("ai_agent_running_replies", "Replies that are being made.")

WORKERS: Final = Gauge("ai_agent_workers", "Processes that serve.")
STARTS: Final = Counter("ai_agent_worker_starts_total", "Processes that were started to serve.")
DROPPED_LINES: Final = Counter(
    "ai_agent_log_lines_dropped_total",
    "Lines of the log that could not be written.",
    ["cause"],
    known=("queue_full", "write_failed"),
)

COUNTERS: Final = (
    *(ERRORS, REFUSED_CREDENTIALS, LIMITS, REPLAYS, UNAVAILABLE, RETRIES, MESSAGES, REPLIES),
    *(STARTS, DROPPED_LINES),
)
HISTOGRAMS: Final = (REQUESTS, POOL_WAITS, STATEMENTS, FIRST_DELTAS)
GAUGES: Final = (OPEN_STREAMS, POOL_OPEN, POOL_MOST, POOL_FREE, POOL_WAITING, RUNNING_REPLIES, WORKERS)
