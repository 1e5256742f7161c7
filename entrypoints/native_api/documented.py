"""What a route says about itself for the OpenAPI document, where its signature does not tell."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler

_OPTION: Final = "documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """``errors``: those that other routes do not have. ``gives_etag``, ``takes_if_match``: of the conversation.

    ``successes``: other statuses of success than the route's usual one. ``takes_key``: an Idempotency-Key, by POST.
    ``bodies``: the forms of a body that the handler reads itself. ``may_stream``: its success may be an event stream.
    """

    errors: frozenset[HTTPStatus] = frozenset()
    successes: frozenset[HTTPStatus] = frozenset()
    takes_key: bool = True
    bodies: tuple[type[msgspec.Struct], ...] = ()
    may_stream: bool = False
    gives_etag: bool = False
    takes_if_match: bool = False


def documented(
    *errors: HTTPStatus,
    successes: Collection[HTTPStatus] = (),
    takes_key: bool = True,
    bodies: Sequence[type[msgspec.Struct]] = (),
    may_stream: bool = False,
    gives_etag: bool = False,
    takes_if_match: bool = False,
) -> dict[str, Any]:
    """The ``opt`` of a route that has these errors and successes besides the usual ones, and these headers."""
    said = Documented(
        errors=frozenset(errors),
        successes=frozenset(successes),
        takes_key=takes_key,
        bodies=tuple(bodies),
        may_stream=may_stream,
        gives_etag=gives_etag,
        takes_if_match=takes_if_match,
    )
    return {_OPTION: said}


def documented_by(handler: HTTPRouteHandler) -> Documented:
    """What the route said."""
    said: Documented = handler.opt.get(_OPTION, Documented())
    return said
