"""Mutants that show or end another owner's reply."""

from typing import Final

from adapters.postgres import kept_replies, reply_reads, reply_writes
from tests.contracts import test_reply_log as contract
from tests.security.mutants.mutant import Mutant
from tests.security.mutants.ownership import ownerless

_JOIN: Final = "reply_batches.owner_id = followed.owner_id AND "
_NOT_MINE: Final = "DID NOT RAISE|fk_|is None|== |assert"

MUTANTS: Final = (
    *(
        Mutant(
            name=f"{name} without its owner",
            replaces=(ownerless(getattr(module, name)),),
            found_by=contract.test_a_stranger_has_no_reply,
            says=_NOT_MINE,
        )
        for module, name in (
            (reply_writes, "BEGIN"),
            (reply_writes, "BEGIN_AGAIN"),
            (reply_writes, "STOP"),
            (reply_writes, "FORGET"),
            (reply_reads, "RUNNING"),
            (reply_reads, "RECORDED"),
        )
    ),
    *(
        Mutant(
            name=f"{name} without its owner",
            replaces=(ownerless(getattr(kept_replies, name)),),
            found_by=contract.test_a_strangers_reply_is_as_one_that_does_not_exist,
            says=_NOT_MINE,
        )
        for name in ("FIND", "DISSOLVE")
    ),
    Mutant(
        name="news that are not joined on their owner",
        replaces=((reply_reads.NEWS, "sql", reply_reads.NEWS.sql.replace(_JOIN, "")),),
        found_by=contract.test_a_stranger_has_no_reply,
        says=_NOT_MINE,
    ),
    Mutant(
        name="the key of a turn without its owner",
        replaces=(ownerless(reply_reads.TURN_KEY),),
        found_by=contract.test_the_key_of_a_turn_is_its_owners,
        says="is None",
    ),
)
