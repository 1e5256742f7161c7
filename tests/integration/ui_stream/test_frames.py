"""The AI SDK reads every stream that the service makes of a reply."""

from uuid import UUID

from hypothesis import given, settings

from domain.identifiers import ConversationId
from domain.reply_events import BREAKS, FinishReason, ReplyEvent, ReplyFinished, TextDelta, ToolResult
from entrypoints.native_api.ui_message_stream import UIMessageStream
from tests.support.arbitrary_replies import replies
from tests.support.ui_message_client import UIChat


def test_the_client_reads_whatever_a_responder_may_tell() -> None:
    with UIChat(origin="", token="") as client:

        @given(replies())
        @settings(deadline=None, derandomize=True, database=None)
        def read(events: list[ReplyEvent]) -> None:
            stream = UIMessageStream(ConversationId(UUID(int=1)), 2)
            frames = b"".join([stream.begin(), *(stream.render(event) for event in events)])

            seen = client.do("read", frames=frames.decode())

            finish = events[-1]
            assert isinstance(finish, ReplyFinished)
            is_error = finish.reason in BREAKS - {FinishReason.STOPPED}
            assert (seen.error is None) is not is_error, seen.error
            (message,) = seen.messages
            assert message["id"] == f"msg_{1:032x}00000002"
            assert message["metadata"]["finish_reason"] == finish.reason
            said = "".join(event.text for event in events if isinstance(event, TextDelta))
            assert seen.texts == [("assistant", said)]
            outputs = [part["output"] for part in message["parts"] if "output" in part]
            results = [event.content for event in events if isinstance(event, ToolResult)]
            assert sorted(outputs) == sorted(results)

        read()
