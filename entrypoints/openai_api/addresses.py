"""Addresses in paths and queries: a malformed one is not found, as one that does not exist."""

from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId, parse_conversation_id
from entrypoints.http.request import ApiRequest
from entrypoints.openai_api.item_ids import Place, parse_item_id


def require_conversation_id(text: str) -> ConversationId:
    """The conversation's id in ``conv_…``. Raises ConversationNotFoundError if it is malformed."""
    conversation_id = parse_conversation_id(text)
    if conversation_id is None:
        raise ConversationNotFoundError
    return conversation_id


async def place_of(request: ApiRequest, conversation_id: ConversationId, item_id: str) -> Place:
    """The place of the item: an address says it, an id that the item has kept is looked for.

    Raises MessageNotFoundError, also for an address in another conversation. There may be nothing at an address.
    """
    address = parse_item_id(item_id)
    if address is None:
        return Place(await request.application.find_item(request.principal, conversation_id, item_id), 0)
    if address[0] != conversation_id:
        raise MessageNotFoundError
    return address[1]
