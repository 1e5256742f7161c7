"""The core: conversations, messages, their rules, and the ports to what is outside."""
