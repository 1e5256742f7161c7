"""Retries by OpenAI's own client when an answer is lost: what was written once is not written again."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import openai
import pytest

from entrypoints.settings import Settings
from tests.support.lossy_proxy import LossyProxy
from tests.support.service import running_service

HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture
def sdk(impatient: openai.OpenAI) -> openai.OpenAI:
    return impatient


def listed(sdk: openai.OpenAI) -> list[str]:
    page: Any = sdk.get("/conversations", cast_to=object)
    return [one["id"] for one in page["data"]]


def test_a_blind_retry_is_refused_and_doubles_nothing(proxy: LossyProxy, sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id

    proxy.losses = 1
    with pytest.raises(openai.ConflictError) as refused:
        sdk.conversations.items.create(place, items=HELLO)

    assert (refused.value.code, proxy.losses) == ("retry_without_key", 0)
    assert len(list(sdk.conversations.items.list(place))) == 1


def test_a_blind_retry_creates_no_second_conversation(proxy: LossyProxy, sdk: openai.OpenAI) -> None:
    proxy.losses = 1
    with pytest.raises(openai.ConflictError):
        sdk.conversations.create(items=HELLO)

    assert len(listed(sdk)) == 1


def test_retries_under_the_clients_own_key_get_the_first_result(proxy: LossyProxy, sdk: openai.OpenAI) -> None:
    sdk._idempotency_header = "Idempotency-Key"

    proxy.losses = 2
    made = sdk.conversations.create(items=HELLO)
    proxy.losses = 1
    first = sdk.conversations.items.create(made.id, items=HELLO)
    second = sdk.conversations.items.create(made.id, items=HELLO)

    items = list(sdk.conversations.items.list(made.id, order="asc"))
    assert (listed(sdk), proxy.losses) == ([made.id], 0)
    assert items[1:] == [*first.data, *second.data]
    assert len(items) == 3


def test_a_change_of_metadata_is_repeated_since_it_can_not_be_doubled(proxy: LossyProxy, sdk: openai.OpenAI) -> None:
    place = sdk.conversations.create().id

    proxy.losses = 1
    changed = sdk.conversations.update(place, metadata={"a": "1"})

    assert (changed.metadata, proxy.losses) == ({"a": "1"}, 0)


def test_what_a_limit_refuses_is_sent_again_when_it_says_so_and_written_once(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    answers: list[Any] = []
    with (
        running_service(msgspec.structs.replace(settings, limit_user_messages=60)) as address,
        openai.DefaultHttpxClient(event_hooks={"response": [answers.append]}) as client,
        openai.OpenAI(base_url=f"{address}/v1", api_key=new_token(), http_client=client) as sdk,
    ):
        place, written = sdk.conversations.create().id, 0
        while all(answer.is_success for answer in answers):
            items = HELLO * (20 if written < 100 else 1)  # a bucket has 100, and one flows in each second
            sdk.conversations.items.create(place, items=items)
            written += len(items)
        kept = list(sdk.conversations.items.list(place, limit=100))

    refused, repeated = next(pair for pair in pairwise(answers) if not pair[0].is_success)
    assert (refused.status_code, refused.headers["Retry-After"], repeated.status_code) == (429, "1", 200)
    assert repeated.request.headers["X-Stainless-Retry-Count"] == "1"
    assert len(kept) == written
