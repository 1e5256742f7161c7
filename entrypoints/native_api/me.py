"""Me: who the session is."""

from litestar import get

from entrypoints.http.request import ApiRequest
from entrypoints.native_api.views import MeView


@get("/me", tags=["Session"], summary="Who the session is", operation_id="me")
async def me(request: ApiRequest) -> MeView:
    """Tell who the session is, and when it ends.

    To an agent without a session: for whom it acts, and null.
    """
    return MeView(request.principal.owner_id, request.principal.session_expires_at)
