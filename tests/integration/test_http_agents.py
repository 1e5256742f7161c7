"""An agent runtime over HTTP: it proves itself by a key, beside a user's session or beside an owner's id."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.postgres import execute
from tests.support.service import AGENT_KEY, OLD_AGENT_KEY, running_service

GUIDE = Path(__file__).parents[2] / "docs" / "agents.md"
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
TURN: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "developer", "content": "Use the tools."},
    {"role": "user", "content": "How is the weather in Rome?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"},
    {"role": "assistant", "content": "Sunny."},
]


def owner_of(client: httpx.Client) -> str:
    return str(client.get("/api/me").json()["user_id"])


def acting_for(owner_id: str, key: str = AGENT_KEY) -> dict[str, str]:
    return {"X-Agent-Key": key, "X-Owner-Id": owner_id}


@pytest.mark.parametrize("key", [AGENT_KEY, OLD_AGENT_KEY])
@pytest.mark.parametrize("has_session", [True, False])
def test_an_agent_writes_every_role_into_the_owners_conversations(
    client: httpx.Client, anonymous: httpx.Client, key: str, *, has_session: bool
) -> None:
    runtime = client if has_session else anonymous
    headers = {"X-Agent-Key": key} if has_session else acting_for(owner_of(client), key)

    created = runtime.post("/api/conversations", json={"messages": TURN[:2]}, headers=headers)
    path = created.headers["Location"]
    appended = runtime.post(f"{path}/messages", json={"messages": TURN[2:]}, headers=headers)

    assert (created.status_code, appended.status_code) == (201, 201)
    read = client.get(path).json()["messages"]
    assert [{name: one[name] for name in told} for one, told in zip(read, TURN, strict=True)] == TURN


def test_a_session_and_an_owner_that_agree_are_one(client: httpx.Client) -> None:
    headers = acting_for(owner_of(client))

    assert client.post("/api/conversations", json={"messages": TURN}, headers=headers).status_code == 201


def test_me_tells_for_whom_an_agent_acts(client: httpx.Client, anonymous: httpx.Client) -> None:
    mine = client.get("/api/me").json()

    by_session = client.get("/api/me", headers={"X-Agent-Key": AGENT_KEY}).json()
    by_owner = anonymous.get("/api/me", headers=acting_for(mine["user_id"])).json()

    assert by_session == mine
    assert by_owner == {"user_id": mine["user_id"], "session_expires_at": None}


def test_a_user_who_is_deleted_is_not_acted_for_from_the_very_next_request_on(
    agent: httpx.Client, database_url: str
) -> None:
    user = owner_of(agent)

    execute(database_url, f"""DELETE FROM "user" WHERE "id" = '{user}'""")  # noqa: S608 - the test's own user

    answers = [agent.get("/api/conversations"), agent.post("/api/conversations", json={"messages": TURN})]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "unknown_owner")}


def test_a_session_that_ended_is_no_agents_either(client: httpx.Client, database_url: str) -> None:
    user = owner_of(client)

    execute(database_url, f"""UPDATE "session" SET "expiresAt" = 'epoch' WHERE "userId" = '{user}'""")  # noqa: S608 - as above

    answers = [client.get("/api/me", headers=headers) for headers in ({"X-Agent-Key": AGENT_KEY}, acting_for(user))]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(401, "unauthenticated")}


def test_an_agent_needs_no_origin(client: httpx.Client) -> None:
    headers = {"X-Agent-Key": AGENT_KEY, "Origin": "http://evil.test"}

    assert client.post("/api/conversations", json={"messages": TURN}, headers=headers).status_code == 201


def test_a_public_route_asks_for_no_key(anonymous: httpx.Client) -> None:
    assert anonymous.get("/health/live", headers=acting_for("nobody", "wrong")).status_code == 200


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "entrypoints.http.authentication"]


def test_the_log_knows_which_agent_wrote_for_whom_and_where_but_not_what(
    client: httpx.Client, anonymous: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    user = owner_of(client)
    key, body = {"X-Agent-Key": OLD_AGENT_KEY, "X-Request-Id": "request-1"}, {"messages": TURN}
    caplog.set_level(logging.INFO)

    path = client.post("/api/conversations", json=body, headers=key).headers["Location"]
    anonymous.post(f"{path}/messages", json=body, headers=acting_for(user) | {"X-Request-Id": "request-2"})
    anonymous.delete(f"{path}x!", headers=acting_for(user) | {"X-Request-Id": "request-3"})
    anonymous.get(path, headers=acting_for(user))
    client.post("/api/chat", json={"message": "by the user"})

    assert lines_of(caplog) == [
        f"Agent key 2 acts for {user}: POST /api/conversations [request-1]",
        f"Agent key 1 acts for {user}: POST {path}/messages [request-2]",
        f"Agent key 1 acts for {user}: DELETE /api/conversations/{{conversation_id}} [request-3]",
    ]
    for said in (AGENT_KEY, OLD_AGENT_KEY, "weather"):
        assert said not in caplog.text


def test_the_log_tells_why_an_agent_is_refused(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    key, cookie = {"X-Agent-Key": AGENT_KEY}, {"Cookie": "better-auth.session_token=x"}
    refused: list[dict[str, str]] = [{"X-Agent-Key": "wrong"}, {"X-Owner-Id": "ann"}, key | cookie, key]

    with running_service(settings) as address:
        answers = {httpx.get(f"{address}/api/me", headers=headers).content for headers in [*refused, {}]}

    assert len(answers) == 1
    causes = ["unknown_agent_key", "owner_without_agent_key", "cookie_beside_agent_key", "absent"]
    assert lines_of(caplog) == [f"Refused 1 time(s) since the last quiet minute: {cause}" for cause in causes] + [
        "Refused 2 time(s) since the last quiet minute: absent"
    ]


def test_the_answer_to_an_agent_in_a_retry_is_the_first_one(new_agent: Callable[[], httpx.Client]) -> None:
    agent = new_agent()
    key: dict[str, Any] = {"headers": {"Idempotency-Key": "k-1"}, "json": {"messages": TURN}}

    first, again = (agent.post("/api/conversations", **key) for _ in range(2))

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.fixture
def runtimes_environment(service: str, client: httpx.Client) -> dict[str, str]:
    """What the guide's examples read from the environment."""
    return {**os.environ, "AI_AGENT_URL": service, "AGENT_KEY": AGENT_KEY, "OWNER_ID": owner_of(client)}


def run_example(language: str, *command: str, environment: dict[str, str]) -> str:
    """What the guide's example in this language prints."""
    (example,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    ran = subprocess.run([*command, example], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_guides_example_in_python_runs(runtimes_environment: dict[str, str]) -> None:
    printed = run_example("python", sys.executable, "-W", "error", "-c", environment=runtimes_environment)

    assert printed == "['user', 'assistant', 'tool', 'assistant']\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_guides_example_with_curl_runs(client: httpx.Client, runtimes_environment: dict[str, str]) -> None:
    printed = run_example("sh", "sh", "-c", environment=runtimes_environment)

    assert json.loads(printed) == client.get("/api/conversations").json()["data"][0]
