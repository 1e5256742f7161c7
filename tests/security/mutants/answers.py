"""Mutants of what clients get: cursors that are not checked, answers that are not as the document says."""

from http import HTTPStatus
from typing import Final

from schemathesis import GenerationMode

from adapters.postgres import message_windows, reads
from domain.conversation import Conversation
from domain.errors import NotFoundError
from entrypoints.http import errors, problems
from entrypoints.http.statuses import STATUS
from entrypoints.native_api import cursor
from tests.security import test_cursors, test_schemathesis
from tests.security.mutants.mutant import Mutant, Replacement, hurried
from tests.security.mutants.ownership import ownerless

_ANCHORS: Final = test_cursors.test_an_anchor_is_refused_by_its_name_or_shows_a_range_of_the_conversation
_SCHEMATHESIS: Final = test_schemathesis.test_every_operation_answers_as_the_document_says
_HURRIED: Final[Replacement] = (test_schemathesis, "SEEDED", hurried(test_schemathesis.SEEDED))
_FieldError = problems.FieldError


class _Anything(bytes):
    """A checksum that no other differs from."""

    __slots__ = ()
    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


MUTANTS: Final = (
    Mutant(
        name="the checksum of a cursor is not verified",
        replaces=((cursor, "_check", lambda *_, **__: _Anything(8)),),
        found_by=test_cursors.test_1000_cursors_that_are_not_the_lists_own_are_refused,
        says="== 422|application/problem",
    ),
    Mutant(
        name="a list without its owner, for forged cursors",
        replaces=(ownerless(reads.CONVERSATIONS),),
        found_by=test_cursors.test_a_forged_cursor_with_the_right_checksum_shows_nothing_but_ones_own,
        given={"archived": False},
        says="Extra items in the left set",
    ),
    Mutant(
        name="a field is not named",
        replaces=((problems, "FieldError", lambda _, message: _FieldError("", message)),),
        found_by=_ANCHORS,
        says='"field":""',
    ),
    Mutant(
        name="a page without its owner, for anchors",
        replaces=(ownerless(message_windows.MESSAGES_AROUND),),
        found_by=_ANCHORS,
        says="around",
    ),
    Mutant(
        name="a value of another type than the document says",
        replaces=((Conversation, "archived", property(lambda _: "no")), _HURRIED),
        found_by=_SCHEMATHESIS,
        given={"mode": GenerationMode.POSITIVE},
        says="not of type",
    ),
    Mutant(
        name="a status that the document does not have",
        replaces=((errors, "STATUS", {**STATUS, NotFoundError: HTTPStatus.GONE}), _HURRIED),
        found_by=_SCHEMATHESIS,
        given={"mode": GenerationMode.NEGATIVE},
        says="410",
    ),
)
