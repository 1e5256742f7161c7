"""Options of a route, given as its ``opt``. By default a route needs a session and has a deadline."""

from typing import Final

PUBLIC: Final = "is_public"
"""``opt={PUBLIC: True}``: the route needs no session."""
WITHOUT_DEADLINE: Final = "is_without_deadline"
"""``opt={WITHOUT_DEADLINE: True}``: the response may begin at any time."""
