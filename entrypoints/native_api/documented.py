"""What a route says about itself for the OpenAPI document, where its signature does not tell."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

_OPTION: Final = "documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """``errors``: those that other routes do not have. ``gives_etag``, ``takes_if_match``: of the conversation."""

    errors: frozenset[HTTPStatus] = frozenset()
    gives_etag: bool = False
    takes_if_match: bool = False


def documented(*errors: HTTPStatus, gives_etag: bool = False, takes_if_match: bool = False) -> dict[str, Any]:
    """The ``opt`` of a route that has these errors besides the usual ones, and these headers."""
    return {_OPTION: Documented(errors=frozenset(errors), gives_etag=gives_etag, takes_if_match=takes_if_match)}


def documented_by(handler: HTTPRouteHandler) -> Documented:
    """What the route said."""
    said: Documented = handler.opt.get(_OPTION, Documented())
    return said
