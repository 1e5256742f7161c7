"""HEAD: where there is GET there is HEAD, which answers the same without the body (RFC 9110, section 9.3.2)."""

import httpx
import pytest

from entrypoints.native_api.openapi import make_document

PATHS = sorted(path for path, item in make_document()["paths"].items() if "get" in item)
OWN_OF_A_RESPONSE = {"date", "x-request-id"}
OF_A_BODY = {"transfer-encoding"}
"""What describes a body that is sent (RFC 9110, section 9.3.2, lets HEAD leave it out)."""


def head_and_get(client: httpx.Client, path: str) -> tuple[httpx.Response, httpx.Response]:
    return client.head(path), client.get(path)


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in OWN_OF_A_RESPONSE | OF_A_BODY}


@pytest.mark.parametrize("path", [*PATHS, "/openapi.json", "/docs"])
def test_head_answers_as_get_without_the_body(client: httpx.Client, path: str) -> None:
    turn = client.post("/api/chat", json={"message": "Hello"}).json()
    path = path.format(conversation_id=turn["conversation_id"], message_id=turn["user_message"]["id"])

    head, get = head_and_get(client, path)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert get.is_success
    assert headers_of(head) == headers_of(get)
    assert int(get.headers.get("Content-Length", len(get.content))) == len(get.content)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/nothing", 404), ("/api//me", 404), ("/api/chat", 405), ("/api/conversations?limit=0", 422)],
)
def test_head_is_refused_as_get_is(client: httpx.Client, path: str, status: int) -> None:
    head, get = head_and_get(client, path)

    assert (head.status_code, head.content) == (status, b"")
    assert headers_of(head) == headers_of(get)


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/api/")])
def test_head_demands_a_session_and_ownership(
    anonymous: httpx.Client, client: httpx.Client, new_client: type[httpx.Client], path: str
) -> None:
    turn = new_client().post("/api/chat", json={"message": "Mine"}).json()
    path = path.format(conversation_id=turn["conversation_id"], message_id=turn["user_message"]["id"])

    assert anonymous.head(path).status_code == 401
    if turn["conversation_id"] in path:
        assert client.head(path).status_code == 404


def test_the_connection_goes_on_after_a_head(client: httpx.Client) -> None:
    answers = [client.head("/api/me"), client.get("/api/me"), client.head("/health/live"), client.get("/api/me")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[1].json() == answers[3].json()


@pytest.mark.parametrize("method", ["OPTIONS", "PUT"])
def test_head_is_allowed_where_get_is(client: httpx.Client, method: str) -> None:
    both, neither = client.request(method, "/api/me"), client.request(method, "/api/chat")

    assert {"GET", "HEAD"} <= set(both.headers["Allow"].split(", "))
    assert not {"GET", "HEAD"} & set(neither.headers["Allow"].split(", "))
