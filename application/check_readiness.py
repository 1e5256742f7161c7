"""Check readiness: can the promises be kept right now."""

from collections.abc import Sequence

from domain.ports.readiness import Readiness


class CheckReadiness:
    """Ask whether the service can take traffic."""

    def __init__(self, readiness: Sequence[Readiness]) -> None:
        self._readiness = readiness

    async def __call__(self) -> None:
        """Return if it can. Raises UnavailableError, saying why not."""
        for part in self._readiness:
            await part.check()
