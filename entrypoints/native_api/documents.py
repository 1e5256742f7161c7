"""The OpenAPI document and the page that shows it, as routes."""

from typing import Any, Final

import msgspec
from litestar import MediaType, Response, Router, get

from entrypoints.http.route_options import PUBLIC

_SCALAR: Final = "https://cdn.jsdelivr.net/npm/@scalar/api-reference@1.72.1/dist/browser/standalone.js"
_SCALAR_HASH: Final = "sha384-U11tb2XnKvmwt8RlTvnwUnYgrN+ur4Xyh9htLhjajWNR/Oyl5AX5DEz00qRmlrmK"
"""The hash of that file in the npm package (subresource integrity): a browser runs no other content of that address."""
_POLICY: Final = (
    "default-src 'none'; connect-src 'self'; font-src 'self' data: https://fonts.scalar.com; img-src 'self' data:; "
    "script-src https://cdn.jsdelivr.net; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
_PAGE: Final = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>ai-agent API</title>
  </head>
  <body>
    <noscript>This page needs JavaScript. The API is described in <a href="/openapi.json">openapi.json</a>.</noscript>
    <script id="api-reference" data-url="/openapi.json"></script>
    <script src="{_SCALAR}" integrity="{_SCALAR_HASH}" crossorigin="anonymous"></script>
  </body>
</html>
"""


def document_router(document: dict[str, Any]) -> Router:
    """Routes for the OpenAPI document and a page that shows it."""
    content = msgspec.json.encode(document)

    @get("/openapi.json", include_in_schema=False, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(content, media_type="application/json")

    @get("/docs", include_in_schema=False, sync_to_thread=False)
    def docs() -> Response[str]:
        return Response(_PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY})

    return Router("/", route_handlers=[openapi, docs], opt={PUBLIC: True})
