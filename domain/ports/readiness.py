"""The port to the state of the storage; its docstrings are the contract of every implementation."""

from abc import abstractmethod
from typing import Protocol


class Readiness(Protocol):
    """Knows whether the service can keep its promises."""

    @abstractmethod
    async def check(self) -> None:
        """Raise UnavailableError, with the reason, unless this part of the storage can be used as it is."""
