"""Mutants of the retention: they delete what is not expired, or not the owner's."""

from typing import Final

from adapters.postgres.owner_data import DELETE_EXPIRED, EXPIRED
from tests.integration import test_expired_conversations as expired
from tests.security.mutants.mutant import Mutant, Replacement
from tests.security.mutants.ownership import ownerless

_NO_REPLY: Final = " AND conversations.reply_seq IS NULL"
_LOCK: Final = " FOR UPDATE SKIP LOCKED"


def _without(part: str) -> Replacement:
    assert part in DELETE_EXPIRED.sql
    return DELETE_EXPIRED, "sql", DELETE_EXPIRED.sql.replace(part, "")


MUTANTS: Final = (
    *(
        Mutant(
            name=f"{name} without its owner",
            replaces=(ownerless(statement),),
            found_by=expired.test_nothing_of_anothers_expires,
            says="== 2",
        )
        for name, statement in (("EXPIRED", EXPIRED), ("DELETE_EXPIRED", DELETE_EXPIRED))
    ),
    Mutant(
        name="what is being written to expires",
        replaces=(_without(_LOCK),),
        found_by=expired.test_a_message_that_is_being_appended_saves_its_conversation,
        says="UnavailableError",
    ),
    Mutant(
        name="a conversation in which a reply runs expires",
        replaces=(_without(_NO_REPLY),),
        found_by=expired.test_a_conversation_stays_while_a_reply_runs_in_it,
        says="==",
    ),
)
