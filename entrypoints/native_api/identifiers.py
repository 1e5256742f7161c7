"""Identifiers in paths and bodies: a malformed one is not found, as one that does not exist."""

from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId, parse_conversation_id, parse_message_id


def require_conversation_id(text: str) -> ConversationId:
    """The conversation's id in ``conv_…``. Raises ConversationNotFoundError if it is malformed."""
    conversation_id = parse_conversation_id(text)
    if conversation_id is None:
        raise ConversationNotFoundError
    return conversation_id


def require_message_id(conversation: str, message: str) -> tuple[ConversationId, int]:
    """The conversation's id and the seq in ``msg_…``.

    Raises MessageNotFoundError if it is malformed, or belongs to another conversation than the path says.
    """
    found = parse_message_id(message)
    if found is None or found[0] != parse_conversation_id(conversation):
        raise MessageNotFoundError
    return found
