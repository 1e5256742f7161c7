"""The picture of the chat page in the README, drawn from the page itself: `make screenshot` writes it."""

import os
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.chat_page import ChatPage, write_conversation

PLAN: Final = """Three days are enough for a first visit. Take the train from the airport, and **walk** from then on.

| day | morning | afternoon |
|---|---|---|
| Friday | Colosseum, Forum | Trastevere |
| Saturday | Vatican Museums | Castel Sant'Angelo |
| Sunday | Villa Borghese | train home |

Book the *Vatican* two weeks ahead; the rest needs no ticket in `November`."""

CALL: Final = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
MESSAGES: Final[list[dict[str, Any]]] = [
    {"role": "user", "content": "Plan a trip to Rome for three days"},
    {"role": "assistant", "content": PLAN},
    {"role": "user", "content": "Will it rain?"},
    {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call-1", "content": '{"rain": 0.1, "degrees": 16}'},
    {"role": "assistant", "content": "Hardly: a chance of one in ten, at 16 °C."},
]
OTHERS: Final = ("Explain TCP slow start", "A name for a grey cat", "Translate my CV", "Bread without yeast")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_page(
    new_page: Callable[..., Page], service: str, token: str, writer: httpx.Client, scheme: str
) -> None:
    for title in reversed(OTHERS):
        write_conversation(writer, title, [{"role": "user", "content": title}])
    size = {"width": 1120, "height": 760}
    chat = ChatPage(new_page(color_scheme=scheme, viewport=size, device_scale_factor=1), service, token)
    chat.open(write_conversation(writer, "Plan a trip to Rome", MESSAGES))

    expect(chat.page.get_by_role("cell", name="Castel Sant'Angelo")).to_be_visible()

    picture = chat.page.screenshot(path=os.environ.get("SCREENSHOT") if scheme == "light" else None)
    assert len(picture) > 20_000  # an empty page has a fourth of that
