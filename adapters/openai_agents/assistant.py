"""The agent that answers where a deployment names none of its own: the default model, without tools."""

from typing import Any, Final

from agents import Agent

assistant: Final = Agent[Any](name="Assistant", instructions="You are a helpful assistant.")
