"""Mutants of what a model gets: histories that a strict provider refuses, and beginnings that do not stay."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from domain import context, exchanges
from domain.context_cost import Cost
from domain.exchanges import Exchange
from domain.message import Message, Status
from domain.roles import Role
from tests.security.mutants.mutant import Mutant, hurry
from tests.unit.application import test_context_properties as properties

_ANY: Final = properties.test_a_context_is_the_newest_that_fits_and_a_strict_provider_accepts_it
_SAME: Final = properties.test_the_same_seq_and_budget_give_the_same_context_while_a_reply_runs_too
_STAYS: Final = properties.test_the_beginning_of_a_context_stays_for_many_messages
_exchange = exchanges._exchange
_exchanges_of = exchanges.exchanges_of


def _each_by_itself(messages: Sequence[Message]) -> list[Exchange]:
    """Every message an exchange of its own."""
    return [
        Exchange(seq=one.seq, stored=1, is_turn=one.role is Role.USER, messages=(one.chat,))
        for one in messages
        if one.role is Role.TOOL or exchanges._says_something(one)
    ]


def _without_closings(message: Message, results: Mapping[str, Message], closing: str) -> Exchange:
    """The results that there are."""
    exchange = _exchange(message, results, closing)
    return replace(exchange, messages=exchange.messages[: exchange.stored])


def _without_the_last_result(message: Message, results: Mapping[str, Message], closing: str) -> Exchange:
    """All results but one."""
    return _exchange(message, dict(list(results.items())[:-1]), closing)


def _and_what_runs(messages: Sequence[Message]) -> list[Exchange]:
    """What runs, as if it had ended."""
    return _exchanges_of([replace(one, status=Status.COMPLETED) for one in messages])


MUTANTS: Final = (
    Mutant(
        name="calls are torn from their results",
        replaces=((context, "exchanges_of", _each_by_itself), hurry(_ANY)),
        found_by=_ANY,
        says="answers no call|before the results|no results of",
    ),
    Mutant(
        name="a call is left open",
        replaces=((exchanges, "_exchange", _without_closings), hurry(_ANY)),
        found_by=_ANY,
        says="before the results|no results of",
    ),
    Mutant(
        name="a result is replaced by a closing",
        replaces=((exchanges, "_exchange", _without_the_last_result), hurry(_ANY)),
        found_by=_ANY,
        says=r" in dict_values",
    ),
    Mutant(
        name="an interrupted call is told as one that may be answered",
        replaces=((exchanges, "INTERRUPTED", exchanges.UNANSWERED), hurry(_ANY)),
        found_by=_ANY,
        says=r" in dict_values",
    ),
    Mutant(
        name="instructions go with the messages around them",
        replaces=((context, "INSTRUCT", frozenset()), hurry(_ANY)),
        found_by=_ANY,
        says=r" in dict_values|DID NOT RAISE",
    ),
    Mutant(
        name="nothing is counted",
        replaces=((Cost, "fits", lambda *_, **__: True), hurry(_ANY)),
        found_by=_ANY,
        says=r"<= \d+|DID NOT RAISE",
    ),
    Mutant(
        name="a reply that runs is there",
        replaces=((context, "exchanges_of", _and_what_runs), hurry(_ANY)),
        found_by=_ANY,
        says=r" in dict_values",
    ),
    Mutant(
        name="a reply that runs is counted",
        replaces=((context, "takewhile", lambda *_: ()), hurry(_SAME)),
        found_by=_SAME,
        says="==",
    ),
    Mutant(
        name="the beginning moves with each message",
        replaces=((context, "_roundest", lambda first, _: first), hurry(_STAYS)),
        found_by=_STAYS,
        says=r"<= \(",
    ),
)
