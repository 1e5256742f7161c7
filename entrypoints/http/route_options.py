"""Options of a route, which stand in its ``opt``: what it does not say is closed, and has a deadline."""

from typing import Final

PUBLIC: Final = "is_public"
"""``opt={PUBLIC: True}``: nobody need be authenticated."""
WITHOUT_DEADLINE: Final = "is_without_deadline"
"""``opt={WITHOUT_DEADLINE: True}``: the response may take any time to begin."""
