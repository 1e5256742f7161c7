"""What is in the database: users with sessions, many conversations, a very long one, a very long list, an archive."""

from dataclasses import dataclass
from typing import Final, Self

from tests.support.filling import conversation_id, conversations, messages

MESSAGES_OF_EACH: Final = 100
"""In an ordinary conversation, when it is new."""
_USERS: Final = 1_000
_LONG, _LISTED, _ARCHIVED, _FIRST_ORDINARY = 0, 1, 2, 3
"""The users with the long conversation, the long list and the many archived ones, and the first of the others."""
_LAST: Final = _FIRST_ORDINARY + _USERS - 1
_LIVE: Final = 100
"""Conversations that the user with the many archived ones still has in the list; they are older than those."""
_CONVERSATIONS: Final = 1_000
WORDS: Final = "The quick brown fox jumps over the lazy dog, and the dog lets it, as dogs of some age do. " * 3

type OwnedConversation = tuple[str, str]
"""A session's token and one of its conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """How much there is. Everything is told by its number, so nothing need be asked of the database."""

    long: int
    """Messages of the long conversation, which is number 0."""
    listed: int
    """Conversations of the user with the long list: numbers 1 to ``listed``, of one message each."""
    ordinary: int
    """Other conversations, of 100 messages each: the numbers above."""
    archived: int
    """Archived conversations without messages, newer than the same user's 100 live ones: the last numbers."""

    @classmethod
    def of_rows(cls, rows: int) -> Self:
        """A million messages in one conversation, 10,000 conversations in one list, the rest in ordinary ones.

        Beside them 100,000 archived conversations.
        """
        long, listed = 1_000_000, 10_000
        ordinary = max(1_000, (rows - long - listed) // MESSAGES_OF_EACH)
        return cls(long=long, listed=listed, ordinary=ordinary, archived=100_000)

    @property
    def rows(self) -> int:
        """All messages, before anybody appends."""
        return self.long + self.listed + self.ordinary * MESSAGES_OF_EACH

    @property
    def long_conversation(self) -> OwnedConversation:
        """The session and the id of the long conversation."""
        return _conversation(_LONG, 0)

    @property
    def contended_conversation(self) -> OwnedConversation:
        """An ordinary conversation, for all to write to at once."""
        return self._ordinary(0)

    @property
    def conversations(self) -> list[OwnedConversation]:
        """Up to 1,000 other ordinary conversations from all over the table, with a session that owns each."""
        count = min(_CONVERSATIONS, self.ordinary - 1)
        return [self._ordinary(1 + place * (self.ordinary - 1) // count) for place in range(count)]

    @property
    def lister(self) -> str:
        """The session of the user with the long list."""
        return _token(_LISTED)

    @property
    def archiver(self) -> str:
        """The session of the user with the many archived conversations."""
        return _token(_ARCHIVED)

    def _ordinary(self, place: int) -> OwnedConversation:
        return _conversation(_FIRST_ORDINARY + place % _USERS, 1 + self.listed + place)

    def statements(self) -> list[str]:
        """What fills a database that is migrated and empty."""
        listed, others = self.listed, self.listed + self.ordinary
        live = others + _LIVE
        spread = f"{_FIRST_ORDINARY} + (n - {listed + 1}) % {_USERS}"
        return [
            "SET session_replication_role = replica",  # or each row would look for its conversation
            f"""
            INSERT INTO "user" ("id", "name", "email", "emailVerified")
            SELECT {_OWNER}, 'Somebody', n || '@example.test', true FROM generate_series(0, {_LAST}) AS n
            """,  # noqa: S608 - numbers of ours, here and below
            f"""
            INSERT INTO "session" ("id", "expiresAt", "token", "updatedAt", "userId")
            SELECT n, now() + interval '10 years', {_TOKEN}, now(), {_OWNER} FROM generate_series(0, {_LAST}) AS n
            """,  # noqa: S608 - numbers of ours, here and below
            conversations(0, 0, owner=f"'user-{_LONG}'", messages=self.long),
            conversations(1, listed, owner=f"'user-{_LISTED}'", messages=1),
            conversations(listed + 1, others, owner=f"'user-' || ({spread})", messages=MESSAGES_OF_EACH),
            conversations(others + 1, live, owner=f"'user-{_ARCHIVED}'", messages=0),
            conversations(live + 1, live + self.archived, owner=f"'user-{_ARCHIVED}'", messages=0, archived_at="now()"),
            messages(WORDS),
            "VACUUM (FREEZE, ANALYZE)",
            "CHECKPOINT",
        ]


SMALL: Final = Dataset(long=10_000, listed=100, ordinary=100, archived=100)
"""For comparison with a large one, and for the smoke test."""

_OWNER: Final = "'user-' || n"
_TOKEN: Final = "'benchmark-session-' || lpad(n::text, 14, '0')"


def _token(user: int) -> str:
    return f"benchmark-session-{user:014}"


def _conversation(user: int, number: int) -> OwnedConversation:
    return _token(user), conversation_id(number)
