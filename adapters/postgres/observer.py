"""The observer of the storage: it is told what statements and pool do, such as to count it."""

from enum import StrEnum

from domain.reply_events import FinishReason


class Retry(StrEnum):
    """Why something is tried once more."""

    CONNECTION_LOST = "connection_lost"
    SCHEMA_CHANGED = "schema_changed"
    """A table was altered since the statement was prepared."""
    STATE_MOVED = "state_moved"
    """Another writer was faster."""


class Observer:
    """Does nothing with what it is told; a subclass may. It is called for each statement, and so must be quick."""

    __slots__ = ()

    def waited(self, seconds: float) -> None:
        """A statement has waited, as no connection was free, whether it got one or not."""

    def ran(self, statement: str, seconds: float) -> None:
        """A statement has succeeded; the time without that to get a connection."""

    def broke_off(self, statement: str, seconds: float, failure: type[BaseException]) -> None:
        """A statement has not succeeded, or who wanted it has given it up; the time as above.

        ``failure`` is the class alone: the message of the error has values of the statement.
        """

    def failed(self) -> None:
        """A statement has failed, as the storage is away, full or too slow."""

    def retried(self, cause: Retry) -> None:
        """Something is tried once more."""

    def appended(self, messages: int) -> None:
        """So many messages were stored."""

    def reply_ended(self, reason: FinishReason) -> None:
        """The end of a reply was stored."""
