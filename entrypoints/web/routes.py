"""The routes of the chat page: the page at /, and its files below /web."""

import html
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.request import ApiRequest
from entrypoints.http.route_options import PUBLIC
from entrypoints.http.static_files import StaticFile

_FILES: Final = files("entrypoints.web") / "files"
_PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
# It runs its own scripts alone, and talks to its own service alone. Text becomes HTML by the sanitizer alone.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)


def page_router(sign_in_url: str | None) -> Router:
    """Routes for the page and each of its files; ``sign_in_url`` is where the page sends people who have no session."""
    page = (_FILES / _PAGE).read_text().replace("{sign_in_url}", html.escape(sign_in_url or ""))
    handlers = [_route("/", StaticFile.of(page.encode(), _MEDIA_TYPES["html"]), {"Content-Security-Policy": _POLICY})]
    handlers += [
        _route(f"/web/{path}", StaticFile.of(file.read_bytes(), _MEDIA_TYPES[path.rpartition(".")[2]]))
        for path, file in _walk(_FILES)
        if path != _PAGE and path.rpartition(".")[2] in _MEDIA_TYPES
    ]
    return Router("/", route_handlers=handlers, opt={PUBLIC: True})


def _walk(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry


def _route(path: str, file: StaticFile, headers: dict[str, str] | None = None) -> HTTPRouteHandler:
    @get(path, include_in_schema=False, sync_to_thread=False)
    def send_file(request: ApiRequest) -> Response[bytes]:
        return file.response(request.scope["headers"], headers)

    return send_file
