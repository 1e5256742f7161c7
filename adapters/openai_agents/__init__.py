"""What runs on the OpenAI Agents SDK, of the extra ``agents``."""
