"""Inputs that a client may send, raw, each with the status that it gets (none: the connection is closed, no more)."""

from tests.security.corpus.bodies import BODIES
from tests.security.corpus.framing import BROKEN_OFF, FRAMING
from tests.security.corpus.front_ends import FRONT_ENDS
from tests.security.corpus.headers import AGENTS, AUTHORIZATIONS, FIELDS, KEYS, TYPES
from tests.security.corpus.inputs import Input
from tests.security.corpus.paths import IDS, PATHS
from tests.security.corpus.queries import QUERIES
from tests.security.corpus.request_lines import METHODS, REQUEST_LINES
from tests.security.corpus.values import TEXTS, UNKNOWN_KEYS, wrong_types

SHOWN = frozenset({"a request id that is well formed", "an unknown key in a turn, with a canary"})
"""Where the answer shows a part of the input, as documented: a well formed request id, the name of an unknown key."""


_TABLES = (
    REQUEST_LINES, METHODS, FIELDS, AUTHORIZATIONS, AGENTS, FRAMING, BROKEN_OFF, PATHS, IDS, QUERIES, KEYS, TYPES,
    BODIES, FRONT_ENDS, [*wrong_types()], UNKNOWN_KEYS, TEXTS,
)  # fmt: skip


def corpus() -> list[Input]:
    """All inputs; every name once."""
    return [
        Input(name, data, (status,) if isinstance(status, int) else status, not data.startswith(b"HEAD "))
        for table in _TABLES
        for status, name, data in table
    ]
