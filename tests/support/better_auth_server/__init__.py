"""A real better-auth server in Node.js for the tests, and a client that signs people in and out of it."""

from tests.support.better_auth_server.client import PASSWORD, BetterAuthClient, BetterAuthClientError
from tests.support.better_auth_server.server import DIRECTORY, BetterAuthServer, BetterAuthServerError
from tests.support.better_auth_server.signed_in import SignedIn

__all__ = [
    "DIRECTORY",
    "PASSWORD",
    "BetterAuthClient",
    "BetterAuthClientError",
    "BetterAuthServer",
    "BetterAuthServerError",
    "SignedIn",
]
