"""The errors of the domain, one tree by category; each leaf's ``code`` is a stable contract.

AiAgentError
├── UnauthenticatedError                who calls is not proven
├── ForbiddenError                      the caller is proven, but may not
│   ├── BannedError                     the user is banned
│   ├── UnknownOwnerError               an agent runtime acts for somebody who is no user
│   ├── RoleNotAllowedError             a role that is not the caller's to write
│   └── QuotaReachedError               the owner keeps as much as may be; see domain/quotas.py
├── NotFoundError                       missing, or somebody else's: never told apart
│   ├── ConversationNotFoundError
│   ├── MessageNotFoundError
│   └── PreviousReplyNotFoundError      the reply that a turn has to follow
├── RuleViolationError                  a value breaks a rule; ``field`` names it
│   ├── InvalidCursorError
│   ├── CallNotOpenError                a result answers no open tool call
│   ├── IdempotencyKeyReusedError
│   ├── BudgetTooSmallError
│   └── ContextTooLongError             messages are more than a model may get
├── ConflictError                       the state moved under the caller
│   ├── StateMovedError
│   ├── IdempotencyKeyTakenError
│   ├── ConversationExistsError
│   ├── ReplyRunningError               a reply runs in the conversation
│   ├── ReplyLostError                  the reply is no longer its writer's
│   └── ReplyRewoundError               the storage has lost batches of a reply's log
├── StaleError                          the caller's view of the conversation is not its latest
├── ResponderFailedError                the reply could not be made
├── NoUsersError                        not one user where the users should be
├── TooManyOrphansError                 more owners without a user than may be deleted
├── TooManyExpiredError                 more conversations without activity than may be deleted
├── OverloadedError                     too much is being done at once
└── UnavailableError                    the storage is away, full or too slow
    └── OwnerBusyError                  too much is asked of it for one owner at once

Messages are facts for a developer and never hold what a caller sent.
"""

from enum import StrEnum
from typing import ClassVar, Self


class AiAgentError(Exception):
    """Everything that the domain refuses."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class CredentialFailure(StrEnum):
    """Why a credential proves nothing: for logs and counters, never for the caller."""

    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN = "unknown_session"
    EXPIRED = "expired_session"
    UNFIT_USER_ID = "unfit_user_id"
    """The session is valid, but its user's id can't be an owner's."""


class UnauthenticatedError(AiAgentError):
    """The call carries no proven session; every cause looks the same from outside.

    ``failure`` is the cause: a CredentialFailure, or one that only the entrypoint knows, which read the credential.
    """

    code = "unauthenticated"
    message = "A valid session, or a valid agent key, is required."

    def __init__(self, failure: StrEnum) -> None:
        super().__init__()
        self.failure = failure


class ForbiddenError(AiAgentError):
    """The caller is known, and may not do this."""

    code = "forbidden"
    message = "This is not allowed to you."


class BannedError(ForbiddenError):
    """The session is valid, and its user is banned."""

    code = "banned"
    message = "This user is banned."


class UnknownOwnerError(ForbiddenError):
    """The owner for whom an agent runtime wants to act is no user."""

    code = "unknown_owner"
    message = "There is no such user to act for."


class RoleNotAllowedError(ForbiddenError):
    """The caller may not write messages of this role."""

    code = "role_not_allowed"
    message = "A user's session writes messages of the role user only."


class NotFoundError(AiAgentError):
    """The owner has no such thing; whether another owner has it is not told."""

    code = "not_found"
    message = "There is nothing here."


class ConversationNotFoundError(NotFoundError):
    """The owner has no such conversation."""

    code = "conversation_not_found"
    message = "There is no such conversation."


class MessageNotFoundError(NotFoundError):
    """The conversation has no such message."""

    code = "message_not_found"
    message = "There is no such message."


class PreviousReplyNotFoundError(NotFoundError):
    """The owner has no such reply for a turn to follow."""

    code = "previous_reply_not_found"
    message = "There is no such reply to go on from."


class RuleViolationError(AiAgentError):
    """A value breaks a rule; ``field`` is its path, such as ``messages[0].content``."""

    code = "rule_violation"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def within(self, parent: str) -> Self:
        """The same error, with ``parent`` before the field's path."""
        return type(self)(f"{parent}.{self.field}", str(self))


class InvalidCursorError(RuleViolationError):
    """The cursor is damaged, or was made for another list."""

    code = "invalid_cursor"


class CallNotOpenError(RuleViolationError):
    """A result answers no open tool call: the call has a result, was interrupted, or never was.

    It is decided on the open calls alone, which do not tell these cases apart. To try again does not help.
    """

    code = "call_not_open"


class IdempotencyKeyReusedError(RuleViolationError):
    """The key was used before, for a request that differs from this one."""

    code = "idempotency_key_reused"


class BudgetTooSmallError(RuleViolationError):
    """The budget of a context does not hold the least that a model must get."""

    code = "budget_too_small"


class ContextTooLongError(RuleViolationError):
    """Messages that a model has to get all are more than it may get."""

    code = "context_too_long"


class ConflictError(AiAgentError):
    """The state changed while the caller decided, again and again."""

    code = "conflict"
    message = "The conversation changed meanwhile; try again."


class StateMovedError(ConflictError):
    """The state has changed since the write was decided; nothing was written."""

    code = "state_moved"


class IdempotencyKeyTakenError(ConflictError):
    """The idempotency key was used already; nothing was written."""

    code = "idempotency_key_taken"


class ConversationExistsError(ConflictError):
    """The owner has a conversation of this id already; nothing was written."""

    code = "conversation_exists"


class ReplyRunningError(ConflictError):
    """A reply runs in the conversation; until it ends nobody else appends."""

    code = "reply_running"
    message = "A reply is running in this conversation. Stop it, or wait for its end."


class ReplyLostError(ConflictError):
    """The reply has ended or was deleted, or somebody else writes it; nothing was written."""

    code = "reply_lost"


class ReplyRewoundError(ConflictError):
    """The storage has lost what it had not acknowledged for good: the batches from ``number`` on. Write them again."""

    code = "reply_rewound"

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class StaleError(AiAgentError):
    """The append was to follow another seq than the conversation's last one, which is ``last_seq``."""

    code = "stale"
    message = "The conversation has other messages than you know."

    def __init__(self, last_seq: int) -> None:
        super().__init__()
        self.last_seq = last_seq


class ResponderFailedError(AiAgentError):
    """The responder failed; the user's message, and what was said until then, are saved."""

    code = "responder_failed"
    message = "The reply failed. Your message is saved."


class NoUsersError(AiAgentError):
    """The directory has no user at all, so it is probably the wrong one."""

    code = "no_users"
    message = "there is not one user; is this the right database, and user table?"


class TooManyOrphansError(AiAgentError):
    """Of ``owners`` owners ``orphans`` are no users. That is more than may be deleted; nothing was."""

    code = "too_many_orphans"

    def __init__(self, orphans: int, owners: int) -> None:
        super().__init__(f"{orphans} of {owners} owners are no users; is this the right database, and user table?")
        self.orphans = orphans
        self.owners = owners


class TooManyExpiredError(AiAgentError):
    """Of all ``conversations`` so many are ``expired``. That is more than may be deleted; nothing was."""

    code = "too_many_expired"

    def __init__(self, expired: int, conversations: int) -> None:
        super().__init__(f"{expired} of {conversations} conversations are expired; is the retention right?")
        self.expired = expired
        self.conversations = conversations


class UnavailableError(AiAgentError):
    """The storage can't be used at the moment; the same call may succeed later."""

    code = "unavailable"
    message = "The storage is not available at the moment."


class OwnerBusyError(UnavailableError):
    """As much of the owner's waits for the storage as may. Nothing was begun; the same call may succeed later."""

    code = "overloaded"
    message = "Too much is asked for this user at once; try again in a moment."


class TooManyRepliesError(AiAgentError):
    """As many replies of the owner are being made as may be at once, which is ``most``. Nothing was begun."""

    code = "too_many_replies"
    message = "Too many of your replies are being made; wait for the end of one."

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most


class OverloadedError(AiAgentError):
    """Too much is being done at once. Nothing was begun; the same call may succeed later."""

    code = "overloaded"
    message = "Too many replies are being made; try again in a moment."
