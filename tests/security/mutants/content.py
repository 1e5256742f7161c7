"""Mutants that change what people wrote, fail on it, or take it for something else."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from domain import content as contents
from domain import message as messages
from domain import metadata
from domain.conversation import NewConversation
from domain.json_text import JsonText
from entrypoints.http import json_body
from entrypoints.server.reading import GuardedProtocol
from tests.security import test_conversation_fidelity, test_corpus, test_fidelity
from tests.security.corpus.inputs import Input
from tests.security.mutants.mutant import Mutant, Replacement, hurry

_TEXT: Final = test_fidelity.test_text_is_kept_to_the_code_point_unless_it_is_blank
_TURN: Final = test_fidelity.test_a_turn_and_its_reply_are_kept_to_the_code_point
_EVERY_WAY: Final = test_fidelity.test_every_way_to_write_keeps_the_same
_SPELT: Final = test_fidelity.test_however_it_is_spelt_in_json_a_text_is_itself
_PARTS: Final = test_fidelity.test_parts_are_kept_to_the_code_point
_METADATA: Final = test_fidelity.test_metadata_is_kept_to_the_code_point_unless_it_has_a_nul
_TITLE: Final = test_conversation_fidelity.test_a_title_is_kept_to_the_code_point
_OF_CONVERSATION: Final = (
    test_conversation_fidelity.test_metadata_of_a_conversation_is_kept_in_value_unless_it_has_a_nul
)
_CORPUS: Final = test_corpus.test_an_input_gets_a_whole_answer_that_tells_nothing_and_the_next_request_is_served
_end_head: Final = GuardedProtocol.on_headers_complete
_NO_NUL_CHECK: Final[Replacement] = (metadata, "_holds_nul", lambda _: False)


def _writes(change: Callable[[str], str]) -> Replacement:
    """A text is changed when it is written."""

    def encode(value: object, name: str) -> JsonText | None:
        changed = change(value) if isinstance(value, str) else value
        return None if changed is None else contents.encode(changed, name)

    return messages, "_encode", encode


def _without_what_is_unknown(value: object, name: str) -> JsonText | None:
    if isinstance(value, list):
        value = [{key: part[key] for key in ("type", "text") if key in part} for part in value]
    return None if value is None else contents.encode(value, name)


def _stripped_title(new: NewConversation) -> str | None:
    return new.title and new.title.strip()


def _take_trailers_as_headers(protocol: GuardedProtocol) -> None:
    headers = protocol.headers
    _end_head(protocol)
    protocol.headers = headers


def _input(name: str) -> dict[str, Input]:
    (found,) = (one for one in test_corpus.INPUTS if one.name == name)
    return {"given": found}


MUTANTS: Final = (
    Mutant(
        name="a text is normalised",
        replaces=(_writes(lambda text: unicodedata.normalize("NFC", text)), hurry(_TEXT)),
        found_by=_TEXT,
        says="==",
    ),
    Mutant(
        name="a text is stripped",
        replaces=(_writes(str.strip), hurry(_TEXT)),
        found_by=_TEXT,
        says="==",
    ),
    Mutant(
        name="a turn's ends of line are made one kind",
        replaces=(_writes(lambda text: text.replace("\r", "\n")), hurry(_TURN)),
        found_by=_TURN,
        says="==",
    ),
    Mutant(
        name="a long text is cut",
        replaces=(_writes(lambda text: text[:1_000_000]), hurry(_EVERY_WAY)),
        found_by=_EVERY_WAY,
        says="==",
    ),
    Mutant(
        name="characters that turn the direction are removed",
        replaces=(_writes(lambda text: re.sub("[\u202a-\u202e]", "", text)),),
        found_by=_SPELT,
        given={"spelt": r"\u202eabc", "text": "\u202eabc"},
        says="==",
    ),
    Mutant(
        name="what is not known of a part is left out",
        replaces=((messages, "_encode", _without_what_is_unknown), hurry(_PARTS)),
        found_by=_PARTS,
        says="==",
    ),
    Mutant(
        name="metadata of a message is not searched for NUL",
        replaces=(_NO_NUL_CHECK, hurry(_METADATA)),
        found_by=_METADATA,
        says="== \\(?not",
    ),
    Mutant(
        name="metadata of a conversation is not searched for NUL",
        replaces=(_NO_NUL_CHECK, hurry(_OF_CONVERSATION)),
        found_by=_OF_CONVERSATION,
        says="500 == 422",
    ),
    Mutant(
        name="a title is stripped",
        replaces=((NewConversation, "opening_title", property(_stripped_title)), hurry(_TITLE)),
        found_by=_TITLE,
        says="==",
    ),
    Mutant(
        name="metadata is not searched for NUL, for the corpus",
        replaces=(_NO_NUL_CHECK,),
        found_by=_CORPUS,
        given=_input("NUL in a conversation's metadata"),
        says=r"\(500,\) == \(422,\)",
    ),
    Mutant(
        name="a lone surrogate is a defect",
        replaces=tuple(
            (json_body, name, lambda body, decoder: decoder.decode(body)) for name in ("decode", "decode_outline")
        ),
        found_by=_CORPUS,
        given=_input("the body with a lone high surrogate"),
        says=r"\(500,\) == \(400,\)",
    ),
    Mutant(
        name="a trailer is a header",
        replaces=((GuardedProtocol, "on_headers_complete", _take_trailers_as_headers),),
        found_by=_CORPUS,
        given=_input("a trailer that would authenticate"),
        says=r"\(200,\) == \(401,\)",
    ),
)
