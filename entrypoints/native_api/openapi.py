"""The OpenAPI document: made from the routes, completed with errors and examples."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from entrypoints.http import problems
from entrypoints.http.problems import MEANING
from entrypoints.http.request import ApiRequest
from entrypoints.native_api import bodies, views
from entrypoints.native_api.examples import EXAMPLES

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
        "description": "The conversation's `last_seq`, for `If-Match` on an append.",
    }
}
_WITH_ETAG = {"createConversation", "getConversation", "updateConversation"}
_REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Present when the answer is that of an earlier request under the same Idempotency-Key.",
    }
}

_STRUCTS = [
    struct
    for module in (bodies, views, problems)
    for struct in vars(module).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct is not msgspec.Struct
]
_SUCCESS = {"200": "Done.", "201": "Created.", "204": "Deleted."}


def make_document(routes: Sequence[ControllerRouterHandler]) -> dict[str, Any]:
    """The document (OpenAPI 3.1) that describes these routes."""
    config = OpenAPIConfig(
        title="ai-agent",
        version=version("ai-agent"),
        description="Keeps people's conversations with an assistant. Errors are `application/problem+json` (RFC 9457).",
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
            }
        ),
        use_handler_docstrings=True,
    )
    app = Litestar(list(routes), openapi_config=config, request_class=ApiRequest, logging_config=None)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    # msgspec describes its own structs more exactly than Litestar does: closed objects, docstrings, limits
    document["components"]["schemas"] = msgspec.json.schema_components(
        _STRUCTS, ref_template="#/components/schemas/{name}"
    )[1]
    for schema in document["components"]["schemas"].values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])  # Python before 3.13 keeps its indentation
    for path, method, operation in _operations(document):
        _complete(path, method, operation)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    is_api, has_body = path.startswith("/api/"), "requestBody" in operation
    if is_api:
        operation["security"] = [{"session": []}, {"sessionCookie": []}]
    succeeded = next(status for status in operation["responses"] if status < "300")
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY)
        operation["responses"][succeeded].setdefault("headers", {}).update(_REPLAYED)
    if operation["operationId"] == "appendMessages":
        operation["parameters"].append(_IF_MATCH)
    if operation["operationId"] in _WITH_ETAG:
        operation["responses"][succeeded].setdefault("headers", {}).update(_ETAG)
    operation["responses"] = {
        succeeded: operation["responses"][succeeded],
        **{str(int(status)): _problem(status) for status in _errors(path, operation, is_api=is_api, has_body=has_body)},
    }
    operation["responses"][succeeded]["description"] = _SUCCESS[succeeded]
    example = EXAMPLES[operation["operationId"]]
    if has_body:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    if example.answer is not None:
        operation["responses"][succeeded]["content"]["application/json"]["example"] = example.answer


def _errors(path: str, operation: dict[str, Any], *, is_api: bool, has_body: bool) -> Iterator[HTTPStatus]:
    yield HTTPStatus.BAD_REQUEST
    if is_api:
        yield HTTPStatus.UNAUTHORIZED
        yield HTTPStatus.FORBIDDEN
    if "{conversation_id}" in path or operation["operationId"] in {"chat", "createConversation"}:
        yield HTTPStatus.NOT_FOUND
    yield HTTPStatus.REQUEST_TIMEOUT
    if has_body:
        yield HTTPStatus.CONFLICT
        if operation["operationId"] == "appendMessages":
            yield HTTPStatus.PRECONDITION_FAILED
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    yield HTTPStatus.REQUEST_URI_TOO_LONG
    if has_body:
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if has_body or any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    yield HTTPStatus.TOO_MANY_REQUESTS
    yield HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if operation["operationId"] == "chat":
        yield HTTPStatus.BAD_GATEWAY
    yield HTTPStatus.SERVICE_UNAVAILABLE


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": MEANING[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
