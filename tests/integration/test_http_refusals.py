"""Bad requests over HTTP: the response is a problem that names the field, and nothing is half written."""

import json
from typing import Any

import httpx
import pytest

HELLO = {"role": "user", "content": "hello"}
CONVERSATION = f"conv_{'0' * 32}"


def nested(depth: int) -> Any:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def assert_problem(answer: httpx.Response, status: int, code: str, *fields: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["type"] == f"urn:ai-agent:{code}"
    assert body["title"]
    assert body["detail"]
    assert [error["field"] for error in body.get("errors", [])] == list(fields)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/chat", {}, "message"),
        ("/api/chat", {"message": "  "}, "message"),
        ("/api/chat", {"message": 1}, "message"),
        ("/api/chat", {"message": "x", "mesage": "x"}, "mesage"),
        ("/api/chat", {"message": "x", "metadata": []}, "metadata"),
        ("/api/chat", {"message": "x", "metadata": {"k": "\0"}}, "metadata"),
        ("/api/chat", [], "body"),
        ("/api/chat", None, "body"),
        ("/api/conversations", {"title": ""}, "title"),
        ("/api/conversations", {"title": "x" * 201}, "title"),
        ("/api/conversations", {"title": "a\0b"}, "title"),
        ("/api/conversations", {"owner_id": "bob"}, "owner_id"),
        ("/api/conversations", {"metadata": {"k": "x" * 16384}}, "metadata"),
        ("/api/conversations", {"metadata": {"k": nested(8)}}, "metadata"),
        ("/api/conversations", {"messages": [HELLO] * 101}, "messages"),
        ("/api/conversations", {"messages": [HELLO, {"role": "user"}]}, "messages[1].content"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": []}, "messages"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": [HELLO] * 101}, "messages"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": [{**HELLO, "seq": 7}]}, "messages[0].seq"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": [{**HELLO, "role": "boss"}]}, "messages[0].role"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": [{"role": "user", "content": [{}]}]},
         "messages[0].content[0].type"),
        (f"/api/conversations/{CONVERSATION}/messages", {"messages": [{**HELLO, "tool_call_id": "c"}]},
         "messages[0].tool_call_id"),
    ],
)  # fmt: skip
def test_a_body_that_breaks_a_rule_gets_422_and_the_field(
    client: httpx.Client, path: str, body: Any, field: str
) -> None:
    answer = (
        client.post(path, json=body)
        if body is not None
        else client.post(path, content=b"null", headers={"Content-Type": "application/json"})
    )

    assert_problem(answer, 422, "rule_violation", field)
    assert client.get("/api/conversations").json()["data"] == []


def test_what_was_sent_is_not_repeated_at_length(client: httpx.Client) -> None:
    role = client.post("/api/conversations", json={"messages": [{"role": "canary", "content": "x"}]})
    key = client.post("/api/conversations", json={"k" * 100_000: 1})

    assert_problem(role, 422, "rule_violation", "messages[0].role")
    assert "canary" not in role.text
    assert len(key.content) < 1000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": 1}, "title"),
        ({"archived": "yes"}, "archived"),
        ({"last_seq": 9}, "last_seq"),
        ({"title": " "}, "title"),
    ],
)
def test_a_patch_that_breaks_a_rule_changes_nothing(client: httpx.Client, body: Any, field: str) -> None:
    before = client.post("/api/conversations", json={"title": "before"}).json()

    answer = client.patch(f"/api/conversations/{before['id']}", json={"metadata": {"x": 1}, **body})

    assert_problem(answer, 422, "rule_violation", field)
    after = client.get(f"/api/conversations/{before['id']}").json()
    assert (after["title"], after["metadata"]) == ("before", {})


@pytest.mark.parametrize(
    ("path", "parameters", "fields"),
    [
        ("/api/conversations", {"limit": "0"}, ["limit"]),
        ("/api/conversations", {"limit": "101"}, ["limit"]),
        ("/api/conversations", {"limit": "many", "archived": "perhaps"}, ["limit", "archived"]),
        (f"/api/conversations/{CONVERSATION}/messages", {"limit": "201"}, ["limit"]),
        (f"/api/conversations/{CONVERSATION}/messages", {"before": "-1"}, ["before"]),
        (f"/api/conversations/{CONVERSATION}/messages", {"after": str(2**63)}, ["after"]),
        (f"/api/conversations/{CONVERSATION}/messages", {"before": "1", "after": "1"}, ["after"]),
        (f"/api/conversations/{CONVERSATION}/messages", {"around": "1.5"}, ["around"]),
    ],
)
def test_a_parameter_out_of_bounds_gets_422_and_its_name(
    client: httpx.Client, path: str, parameters: dict[str, str], fields: list[str]
) -> None:
    answer = client.get(path, params=parameters)

    assert_problem(answer, 422, "rule_violation", *fields)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"hello", "not_json"),
        (b'{"message": "x"} {}', "not_json"),
        (b'{"message": "x", "metadata": {"n": NaN}}', "not_json"),
        (b'\xef\xbb\xbf{"message": "x"}', "not_json"),
        (b'{"message": "\\ud800"}', "not_json"),
        (b'{"message": "\xff"}', "not_utf8"),
        (b'{"message": "\xc0\x80"}', "not_utf8"),
        ('{"message": "x"}'.encode("utf-16"), "not_json"),
        (b'{"message": "x", "metadata": {"n": ' + b"[" * 100_000, "too_deep"),
        (b'{"message": "x", "metadata": {"n": ' + b"[" * 31 + b"]" * 31 + b"}}", "too_deep"),
    ],
)
def test_what_is_no_json_gets_400(client: httpx.Client, content: bytes, code: str) -> None:
    answer = client.post("/api/chat", content=content, headers={"Content-Type": "application/json"})

    assert_problem(answer, 400, code)


def test_brackets_in_text_are_not_depth(client: httpx.Client) -> None:
    text = '["' * 100 + "\\" + "{" * 100

    answer = client.post("/api/chat", json={"message": text})

    assert answer.json()["response"] == f"Echo: {text}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json-seq"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_content_type_gets_415(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post("/api/chat", content=b'{"message": "x"}', headers=headers)

    assert_problem(answer, 415, "unsupported_media_type")


def test_a_charset_beside_the_content_type_is_fine(client: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert client.post("/api/chat", content=b'{"message": "x"}', headers=headers).status_code == 200


def test_a_body_of_one_mebibyte_fits_and_one_byte_more_gets_413(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    frame = len(json.dumps({"message": ""}))
    fits = json.dumps({"message": "x" * (1024 * 1024 - frame)}).encode()

    too_large = client.post("/api/chat", content=fits + b" ", headers=headers)
    streamed = client.post("/api/chat", content=iter([fits, b" "]), headers=headers)
    nearly = client.post("/api/chat", content=fits[:-4] + b'"}', headers=headers)

    assert_problem(too_large, 413, "body_too_large")
    assert_problem(streamed, 413, "body_too_large")
    assert nearly.status_code == 200


@pytest.mark.parametrize("role", ["system", "developer", "assistant", "tool"])
def test_a_role_that_is_not_the_callers_gets_403(client: httpx.Client, role: str) -> None:
    forged = {"role": role, "content": "x"} | ({"tool_call_id": "c"} if role == "tool" else {})
    conversation = client.post("/api/conversations", json={}).json()["id"]

    appended = client.post(f"/api/conversations/{conversation}/messages", json={"messages": [HELLO, forged]})
    created = client.post("/api/conversations", json={"messages": [forged]})

    assert_problem(appended, 403, "role_not_allowed")
    assert_problem(created, 403, "role_not_allowed")
    assert client.get(f"/api/conversations/{conversation}").json()["last_seq"] == 0


@pytest.mark.parametrize("cursor", ["", "x", "A" * 43, "A" * 44, "=" * 43, "é", "\0", "x" * 2000])
def test_a_cursor_that_was_made_up_is_refused(client: httpx.Client, cursor: str) -> None:
    assert_problem(client.get("/api/conversations", params={"cursor": cursor}), 422, "invalid_cursor", "cursor")


def test_a_cursor_of_another_list_is_refused(client: httpx.Client, new_client: Any) -> None:
    for _ in range(2):
        client.post("/api/conversations", json={})
    cursor = client.get("/api/conversations", params={"limit": 1}).json()["next_cursor"]

    archived = client.get("/api/conversations", params={"cursor": cursor, "archived": "true"})
    strangers = new_client().get("/api/conversations", params={"cursor": cursor})

    assert_problem(archived, 422, "invalid_cursor", "cursor")
    assert_problem(strangers, 422, "invalid_cursor", "cursor")


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/nothing", "/api/conversations/a/b/c", "/docs/x"])
def test_an_unknown_path_gets_a_problem_too(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), 404, "not_found")


def test_an_unknown_method_gets_a_problem_too(client: httpx.Client) -> None:
    answer = client.put("/api/chat", json={})

    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/me", "/nothing", "/health/live", "/docs"])
def test_every_answer_has_security_headers_and_an_id(anonymous: httpx.Client, path: str) -> None:
    answer = anonymous.get(path, headers={"X-Request-Id": "request-1"})
    unsafe = anonymous.get(path, headers={"X-Request-Id": "a b"})

    assert answer.headers["X-Request-Id"] == "request-1"
    assert unsafe.headers["X-Request-Id"] not in {"", "a b"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "server" not in answer.headers
