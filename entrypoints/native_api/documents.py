"""The OpenAPI document and the page that shows it, as routes."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.request import ApiRequest
from entrypoints.http.route_options import PUBLIC
from entrypoints.http.static_files import StaticFile

_FILES: Final = files("entrypoints.native_api") / "files"
# It runs its own scripts alone, and talks to its own service alone; Swagger UI's style has icons in data: addresses.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def document_router(document: dict[str, Any]) -> Router:
    """Routes for the OpenAPI document, and for the page that shows it with the files that it needs."""
    content, page = msgspec.json.encode(document), (_FILES / "docs.html").read_text()

    @get("/openapi.json", include_in_schema=False, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(content, media_type="application/json")

    @get("/docs", include_in_schema=False, sync_to_thread=False)
    def docs() -> Response[str]:
        return Response(page, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY})

    parts = [
        _route("/docs/docs.js", "docs.js", "text/javascript"),
        _route("/docs/docs.css", "docs.css", "text/css"),
        _route("/docs/swagger-ui.js", "vendor/swagger-ui.js", "text/javascript"),
        _route("/docs/swagger-ui.css", "vendor/swagger-ui.css", "text/css"),
    ]
    return Router("/", route_handlers=[openapi, docs, *parts], opt={PUBLIC: True})


def _route(path: str, name: str, media_type: str) -> HTTPRouteHandler:
    @get(path, include_in_schema=False, sync_to_thread=True)
    def send_file(request: ApiRequest) -> Response[bytes]:
        return _file(name, media_type).response(request.scope["headers"])

    return send_file


@cache
def _file(name: str, media_type: str) -> StaticFile:
    """The file, read and compressed when it is first asked for: Swagger UI's script takes a tenth of a second."""
    return StaticFile.of((_FILES / name).read_bytes(), media_type)
