"""Identifiers in paths and bodies: one that is malformed names nothing, just as one that is missing."""

from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId, parse_conversation_id, parse_message_id


def require_conversation_id(text: str) -> ConversationId:
    """The conversation that is named. Raises ConversationNotFoundError."""
    conversation_id = parse_conversation_id(text)
    if conversation_id is None:
        raise ConversationNotFoundError
    return conversation_id


def require_message_id(conversation: str, message: str) -> tuple[ConversationId, int]:
    """The message that is named, in the conversation that is named. Raises MessageNotFoundError."""
    found = parse_message_id(message)
    if found is None or found[0] != parse_conversation_id(conversation):
        raise MessageNotFoundError
    return found
