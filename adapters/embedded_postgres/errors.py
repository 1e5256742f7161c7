"""The errors of this package; each message is one line that a person can act on.

EmbeddedPostgresError
└── DataFolderInUseError
"""


class EmbeddedPostgresError(Exception):
    """PostgreSQL cannot run here; the message is one line that says why."""


class DataFolderInUseError(EmbeddedPostgresError):
    """Another supervisor runs PostgreSQL on this data folder."""
