"""Does to a better-auth server what people and admins do: sign up, in and out, revoke, ban, impersonate, delete."""

from collections.abc import Sequence
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Self

import httpx

from tests.support.better_auth_server.session_lookup import ask_for_session
from tests.support.better_auth_server.signed_in import SignedIn
from tests.support.raw_http import Header

PASSWORD: Final = "correct horse battery staple"


class BetterAuthClientError(Exception):
    """better-auth refused: `status` is the HTTP status, `code` its own word for it (`BANNED_USER`)."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        body = response.json() if response.headers.get("content-type", "").startswith("application/json") else {}
        self.code = str(body.get("code", ""))
        super().__init__(f"{response.request.url.path}: {self.status} {response.text[:200]}")


class BetterAuthClient:
    """Calls better-auth at `address`, the way a client without cookies does: every session is passed in and handed out.

    Whoever acts proves it by the signed bearer, so that it also works where the server requires the signature.
    """

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        self._address = address
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=f"{address}/api/auth",
            timeout=timeout,
            trust_env=False,  # a proxy of the environment does not lead to this loopback
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # remembers no one
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def sign_up(self, email: str, password: str = PASSWORD, name: str = "A Person") -> SignedIn:
        """Make a user and sign them in."""
        answer = self._post("/sign-up/email", None, email=email, password=password, name=name)
        return SignedIn.from_response(answer)

    def sign_in(self, email: str, password: str = PASSWORD, *, remember_me: bool = True) -> SignedIn:
        """Add a session of seven days, or of one day without `remember_me`."""
        answer = self._post("/sign-in/email", None, email=email, password=password, rememberMe=remember_me)
        return SignedIn.from_response(answer)

    def sign_in_anonymously(self) -> SignedIn:
        """Make a user who has no credentials but this session."""
        return SignedIn.from_response(self._post("/sign-in/anonymous", None))

    def sign_out(self, person: SignedIn) -> None:
        """End this session."""
        self._post("/sign-out", person)

    def revoke_session(self, person: SignedIn, token: str) -> None:
        """End the person's session with that raw token; a token of somebody else's is ignored."""
        self._post("/revoke-session", person, token=token)

    def revoke_other_sessions(self, person: SignedIn) -> None:
        """End all sessions of the person but this one."""
        self._post("/revoke-other-sessions", person)

    def revoke_sessions(self, person: SignedIn) -> None:
        """End all sessions of the person, this one included."""
        self._post("/revoke-sessions", person)

    def change_password(
        self, person: SignedIn, new: str, *, current: str = PASSWORD, revoke_other_sessions: bool = True
    ) -> SignedIn:
        """Return the session to go on with: a new one where sessions were revoked, for then this one is too."""
        answer = self._post(
            "/change-password",
            person,
            currentPassword=current,
            newPassword=new,
            revokeOtherSessions=revoke_other_sessions,
        )
        return SignedIn.from_response(answer) if revoke_other_sessions else person

    def delete_user(self, person: SignedIn) -> None:
        """Delete the person, at their own wish."""
        self._post("/delete-user", person)

    def ban_user(self, admin: SignedIn, user_id: str, *, expires_in: timedelta | None = None) -> None:
        """Ban the user, for good or for whole seconds, and end their sessions."""
        expiry = {} if expires_in is None else {"banExpiresIn": int(expires_in.total_seconds())}
        self._post("/admin/ban-user", admin, userId=user_id, **expiry)

    def unban_user(self, admin: SignedIn, user_id: str) -> None:
        """Lift the ban."""
        self._post("/admin/unban-user", admin, userId=user_id)

    def impersonate(self, admin: SignedIn, user_id: str) -> SignedIn:
        """Add a session of the user's, of one hour, that names the admin as `impersonatedBy`."""
        return SignedIn.from_response(self._post("/admin/impersonate-user", admin, userId=user_id))

    def remove_user(self, admin: SignedIn, user_id: str) -> None:
        """Delete the user, at the admin's wish."""
        self._post("/admin/remove-user", admin, userId=user_id)

    def get_session(self, headers: Sequence[Header], *, refresh: bool = False) -> dict[str, Any] | None:
        """better-auth's own answer to a request with these headers: see `session_lookup.ask_for_session`."""
        return ask_for_session(self._address, headers, refresh=refresh, timeout=self._timeout)

    def _post(self, path: str, person: SignedIn | None, **body: object) -> httpx.Response:
        headers = {} if person is None else {"Authorization": f"Bearer {person.set_auth_token}"}
        response = self._http.post(path, headers=headers, json=body)
        if response.is_error:
            raise BetterAuthClientError(response)
        return response
