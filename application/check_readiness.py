"""Check readiness: whether the service can keep its promises at the moment."""

from collections.abc import Sequence

from domain.ports.readiness import Readiness


class CheckReadiness:
    """Ask whether the service can take traffic."""

    def __init__(self, readiness: Sequence[Readiness]) -> None:
        self._readiness = readiness

    async def __call__(self) -> None:
        """Return if it can. Raises UnavailableError with the reason if not."""
        for part in self._readiness:
            await part.check()
