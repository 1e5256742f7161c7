"""The core: conversations, messages, the rules about them, and the ports."""
