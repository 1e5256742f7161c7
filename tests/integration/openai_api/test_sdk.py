"""OpenAI's own client in Python: every call of Conversations and Models, over a socket, on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from openai._base_client import make_request_options
from openai.pagination import SyncConversationCursorPage
from openai.types.conversations import Conversation, ConversationItem
from openai.types.conversations.message import Message
from openai.types.responses import ResponseFunctionToolCallItem, ResponseFunctionToolCallOutputItem

from tests.security.calls import missing_id
from tests.support.response_items import CHAT_ITEMS, OPAQUE_ITEMS
from tests.support.service import AGENT_KEY

type NewSdk = Callable[..., openai.OpenAI]

REFERENCES = {"item_reference", "compaction_trigger"}
ITEMS: list[Any] = [*CHAT_ITEMS.values(), *(item for item in OPAQUE_ITEMS.values() if "type" in item)]
ITEMS = [item for item in ITEMS if item.get("type") not in REFERENCES and item.get("role") != "critic"]


def all_of(sdk: openai.OpenAI) -> SyncConversationCursorPage[Conversation]:
    """The caller's conversations, which the client pages through as through any list."""
    page, options = SyncConversationCursorPage[Conversation], make_request_options(query={"limit": 2})
    return sdk.get_api_list("/conversations", page=page, model=Conversation, options=options)


def dict_of(item: ConversationItem) -> dict[str, Any]:
    """The item as it came; the client has no class for some of its parts, and warns of them."""
    return item.to_dict(warnings=False)


def ids(items: Any) -> list[str]:
    return [one.id for one in items]


def test_a_conversation_is_created_read_changed_and_deleted(sdk: openai.OpenAI) -> None:
    made = sdk.conversations.create(metadata={"a": "1"}, items=[{"role": "user", "content": "Hello"}])

    assert sdk.conversations.retrieve(made.id) == made
    assert sdk.conversations.update(made.id, metadata={"b": "2"}).metadata == {"b": "2"}
    assert sdk.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError) as gone:
        sdk.conversations.retrieve(made.id)
    assert (gone.value.type, gone.value.code, gone.value.param) == ("invalid_request_error", None, None)
    assert gone.value.request_id


def test_a_conversation_may_begin_empty(sdk: openai.OpenAI) -> None:
    made = sdk.conversations.create()

    assert made.object == "conversation"
    assert list(sdk.conversations.items.list(made.id)) == []


def test_items_are_created_listed_read_and_deleted(new_sdk: NewSdk) -> None:
    sdk = new_sdk(is_agent=True)
    place = sdk.conversations.create().id

    created: Any = sdk.conversations.items.create(
        place,
        items=[
            {"role": "user", "content": "Weather?"},
            {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "sun"},
        ],
        include=["reasoning.encrypted_content"],
    )
    newest_first = list(sdk.conversations.items.list(place))
    oldest_first = list(sdk.conversations.items.list(place, order="asc", limit=1))
    after = list(sdk.conversations.items.list(place, order="asc", after=created.data[0].id))
    read = sdk.conversations.items.retrieve(created.data[1].id, conversation_id=place)
    left = sdk.conversations.items.delete(created.data[2].id, conversation_id=place)

    assert [type(one) for one in created.data] == [
        Message,
        ResponseFunctionToolCallItem,
        ResponseFunctionToolCallOutputItem,
    ]
    assert oldest_first == created.data == newest_first[::-1]
    assert after == created.data[1:]
    assert read == created.data[1]
    assert isinstance(left, Conversation)
    assert ids(sdk.conversations.items.list(place)) == ids(created.data[1::-1])


def test_every_kind_of_item_comes_back_as_it_was_sent(new_sdk: NewSdk) -> None:
    sdk = new_sdk(is_agent=True)
    place = sdk.conversations.create().id

    created = list[ConversationItem]()
    for first in range(0, len(ITEMS), 20):
        created += sdk.conversations.items.create(place, items=ITEMS[first : first + 20]).data

    assert len(created) == len(ITEMS) > 30
    listed = list(sdk.conversations.items.list(place, order="asc", limit=7))
    assert listed == created
    again = sdk.conversations.create()
    for first in range(0, len(listed), 20):
        sent: Any = [dict_of(one) for one in listed[first : first + 20]]
        sdk.conversations.items.create(again.id, items=sent)
    for sent_item, got in zip(listed, sdk.conversations.items.list(again.id, order="asc", limit=100), strict=True):
        assert dict_of(got) | {"id": ""} == dict_of(sent_item) | {"id": ""}


def test_what_one_api_writes_the_other_reads_as_proper_messages(
    service: str, new_token: Callable[[], str], new_sdk: NewSdk
) -> None:
    token = new_token()
    sdk = new_sdk(token)
    with httpx.Client(base_url=f"{service}/api", headers={"Authorization": f"Bearer {token}"}) as native:
        turn = native.post("/chat", json={"message": "Hello"}).raise_for_status().json()
        place = turn["conversation_id"]
        sdk.conversations.items.create(place, items=[{"role": "user", "content": "Again"}])
        messages = native.get(f"/conversations/{place}/messages").json()["data"]

    items = list(sdk.conversations.items.list(place, order="asc"))

    assert ids(items) == [one["id"] for one in messages]
    assert [(one["role"], one["content"]) for one in messages] == [
        ("user", "Hello"),
        ("assistant", "Echo: Hello"),
        ("user", "Again"),
    ]
    said: Any = [one.to_dict() for one in items]
    texts = [(one["role"], part["text"]) for one in said for part in one["content"]]
    assert texts == [("user", "Hello"), ("assistant", "Echo: Hello"), ("user", "Again")]


def test_conversations_are_listed_by_the_sdks_own_pages(sdk: openai.OpenAI) -> None:
    made = [sdk.conversations.create(items=[{"role": "user", "content": f"text {n}"}]).id for n in range(5)]

    assert ids(all_of(sdk)) == made[::-1]


def test_the_responder_is_the_one_model(sdk: openai.OpenAI) -> None:
    assert ids(sdk.models.list()) == ["echo"]
    assert sdk.models.retrieve("echo").object == "model"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("gpt-5")


def test_exceptions_are_those_of_openai(new_sdk: NewSdk) -> None:
    sdk, agent = new_sdk(max_retries=0), new_sdk(is_agent=True)
    place, agents_place = sdk.conversations.create().id, agent.conversations.create().id
    late: Any = [{"type": "function_call_output", "call_id": "a", "output": "late"}]

    with pytest.raises(openai.AuthenticationError, match="session"):
        new_sdk("sk-nothing").conversations.create()
    with pytest.raises(openai.PermissionDeniedError) as forbidden:
        sdk.conversations.items.create(place, items=[{"role": "system", "content": "x"}])
    with pytest.raises(openai.BadRequestError) as bad:
        sdk.conversations.update(place, metadata={"a": "b" * 513})
    with pytest.raises(openai.BadRequestError) as closed:
        agent.conversations.items.create(agents_place, items=late)
    with pytest.raises(openai.NotFoundError) as unknown:
        sdk.responses.retrieve("resp_1")

    assert forbidden.value.code == "role_not_allowed"
    assert (bad.value.param, bad.value.code) == ("metadata", "invalid_value")
    assert (closed.value.param, closed.value.code) == ("items[0].call_id", "call_not_open")
    assert unknown.value.type == "invalid_request_error"


def test_another_owners_conversation_is_as_a_missing_one_to_every_call(new_sdk: NewSdk) -> None:
    owner, stranger = new_sdk(is_agent=True), new_sdk(is_agent=True)
    items: Any = [{"role": "user", "content": "secret"}, OPAQUE_ITEMS["mcp"]]
    theirs = owner.conversations.create(items=items).id
    mine = stranger.conversations.create().id
    item_id, own_id = f"msg_{theirs[5:]}00000001", "mcp_1"

    def calls(place: str, item: str) -> list[Callable[[], object]]:
        one = stranger.conversations
        return [
            lambda: one.retrieve(place),
            lambda: one.update(place, metadata={"a": "b"}),
            lambda: one.delete(place),
            lambda: one.items.create(place, items=[{"role": "user", "content": "x"}]),
            lambda: one.items.list(place),
            lambda: one.items.list(place, after=item),
            lambda: one.items.retrieve(item, conversation_id=place),
            lambda: one.items.delete(item, conversation_id=place),
            lambda: one.items.list(mine, after=item),
            lambda: one.items.retrieve(item, conversation_id=mine),
            lambda: one.items.delete(item, conversation_id=mine),
        ]

    def told(call: Callable[[], object]) -> tuple[int, object]:
        with pytest.raises(openai.NotFoundError) as raised:
            call()
        return raised.value.status_code, raised.value.body

    missing = missing_id()
    for foreign_item, missing_item in ((item_id, f"msg_{missing[5:]}00000001"), (own_id, "mcp_none")):
        foreign = [told(call) for call in calls(theirs, foreign_item)]
        assert foreign == [told(call) for call in calls(missing, missing_item)]

    assert len(list(owner.conversations.items.list(theirs))) == 2
    assert ids(all_of(stranger)) == [mine]


def test_an_agent_without_a_session_acts_for_the_user_that_it_names(service: str, client: httpx.Client) -> None:
    owner_id = client.get("/api/me").json()["user_id"]
    headers = {"Authorization": "None", "X-Agent-Key": AGENT_KEY, "X-Owner-Id": owner_id}
    with openai.OpenAI(base_url=f"{service}/v1", api_key="none", default_headers=headers) as agent:
        made = agent.conversations.create(items=[{"role": "assistant", "content": "Hello"}])

    assert [one["id"] for one in client.get("/api/conversations").json()["data"]] == [made.id]
