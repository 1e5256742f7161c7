"""The OpenAPI document: made from the routes, completed with errors and examples."""

from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute, HTTPRoute

from entrypoints.http import health, problems
from entrypoints.http.event_stream import MEDIA_TYPE
from entrypoints.http.health import HEALTH
from entrypoints.http.request import ApiRequest
from entrypoints.http.route_options import PUBLIC
from entrypoints.http.statuses import MEANING
from entrypoints.native_api import bodies, ui_chat_body, ui_messages, views
from entrypoints.native_api.documented import documented_by
from entrypoints.native_api.examples import EXAMPLES
from entrypoints.native_api.routes import NATIVE_API

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": '^"?[A-Za-z0-9_-]{1,128}"?$'},
    "description": "A retry under the same key has no second effect and gets the first answer, marked by the header "
    "`Idempotent-Replayed: true`. The same key with another request is refused with 422. A key lives 24 hours or more.",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": '^("[0-9]{1,10}"|\\*)$'},
    "description": "The conversation's ETag: append only if nobody has since.",
}
_ETAG = {
    "ETag": {
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "description": "The conversation's `last_seq`, for `If-Match` on an append; absent while a reply runs.",
    }
}
_REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Present when the answer is that of an earlier request under the same Idempotency-Key.",
    }
}

_STRUCTS = [
    struct
    for module in (bodies, ui_chat_body, ui_messages, views, health, problems)
    for struct in vars(module).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct is not msgspec.Struct
]
_OF_ANY_ROUTE = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
_OF_A_BODY = {
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_FOLLOWED = {
    "Location": {"schema": {"type": "string"}, "description": "Where to follow the reply."},
}
_SUCCESS = {"200": "Done.", "201": "Created.", "202": "The reply is still running.", "204": "Nothing is left to show."}


def make_document() -> dict[str, Any]:
    """The document (OpenAPI 3.1) that describes the native API and the health checks."""
    config = OpenAPIConfig(
        title="ai-agent",
        version=version("ai-agent"),
        description="Keeps people's conversations with an assistant. Errors are `application/problem+json` (RFC 9457). "
        "Where there is GET there is HEAD, which answers the same without the body.",
        components=Components(
            security_schemes={
                "session": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="The token of a better-auth session: raw, signed, or signed and percent-encoded.",
                ),
                "sessionCookie": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name="better-auth.session_token",
                    description="better-auth's signed session cookie (`__Secure-` before its name over https). "
                    "Requests that change something also need an Origin that is trusted.",
                ),
                "agentKey": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="header",
                    name="X-Agent-Key",
                    description="A key of an agent runtime, beside a session or an owner, never beside a cookie. "
                    "Only with it may a request write other roles than `user`.",
                ),
                "owner": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="header",
                    name="X-Owner-Id",
                    description="The id of the better-auth user for whom an agent runtime acts, in UTF-8. Beside a "
                    "session it must be that of the session's user.",
                ),
            }
        ),
        use_handler_docstrings=True,
    )
    app = Litestar([NATIVE_API, HEALTH], openapi_config=config, request_class=ApiRequest, logging_config=None)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    # msgspec describes its own structs more exactly than Litestar does: closed objects, docstrings, limits
    document["components"]["schemas"] = msgspec.json.schema_components(
        _STRUCTS, ref_template="#/components/schemas/{name}"
    )[1]
    for schema in document["components"]["schemas"].values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])  # Python before 3.13 keeps its indentation
    handlers = {handler.operation_id: handler for route in app.routes for handler in _handlers_of(route)}
    for item in document["paths"].values():
        for operation in item.values():
            _complete(operation, handlers[operation["operationId"]])
    return document


def _handlers_of(route: BaseRoute) -> Sequence[HTTPRouteHandler]:
    return route.route_handlers if isinstance(route, HTTPRoute) else ()


def _complete(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    said, responses = documented_by(handler), operation["responses"]
    succeeded = next(status for status in responses if status < "300")
    headers: dict[str, Any] = {}
    if not handler.opt.get(PUBLIC):
        ways = [["session"], ["sessionCookie"], ["agentKey", "session"], ["agentKey", "owner"]]
        operation["security"] = [{scheme: [] for scheme in way} for way in ways]
    if said.bodies:
        forms = [{"$ref": f"#/components/schemas/{body.__name__}"} for body in said.bodies]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"anyOf": forms}}}}
    if "POST" in handler.http_methods and said.takes_key:
        operation.setdefault("parameters", []).append(_KEY)
        headers |= _REPLAYED
    if said.takes_if_match:
        operation["parameters"].append(_IF_MATCH)
    if said.gives_etag:
        headers |= _ETAG
    if headers:
        responses[succeeded].setdefault("headers", {}).update(headers)
    errors = said.errors | _usual_errors(operation)
    operation["responses"] = {
        succeeded: {**responses[succeeded], "description": _SUCCESS[succeeded]},
        **{str(int(status)): _success(status, responses[succeeded]) for status in sorted(said.successes)},
        **{str(int(status)): _problem(status) for status in sorted(errors)},
    }
    example = EXAMPLES[operation["operationId"]]
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    if example.answer is not None:
        (content,) = operation["responses"][succeeded]["content"].values()
        content["example"] = example.answer
    if said.may_stream:
        usual = operation["responses"][succeeded]
        usual["content"] = {**usual["content"], MEDIA_TYPE: {"schema": {"type": "string"}}}


def _success(status: HTTPStatus, usual: dict[str, Any]) -> dict[str, Any]:
    """Another success than the usual one, with the same body unless it is 204."""
    content = {} if status == HTTPStatus.NO_CONTENT else {"content": usual["content"]}
    location = {"headers": _FOLLOWED} if status == HTTPStatus.ACCEPTED else {}
    return {"description": _SUCCESS[str(int(status))], **location, **content}


def _usual_errors(operation: dict[str, Any]) -> set[HTTPStatus]:
    """What every route answers that has a session, a body or a query as this one does."""
    errors = {*_OF_ANY_ROUTE}
    if "security" in operation:
        errors |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if "requestBody" in operation:
        errors |= _OF_A_BODY
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        errors.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return errors


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": MEANING[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
