"""Standard output, written in blocks straight to the file descriptor, so that a full disk is told at once."""

import os
from typing import Final

_BLOCK: Final = 64 * 1024
_STANDARD_OUTPUT: Final = 1


class StandardOutput:
    """Collects what is written until it is a block."""

    def __init__(self) -> None:
        self._collected = bytearray()

    def write(self, data: bytes) -> None:
        """Write it, now or with what follows. Raises OSError."""
        self._collected += data
        if len(self._collected) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what is collected. Raises OSError."""
        while self._collected:
            written = os.write(_STANDARD_OUTPUT, self._collected)
            del self._collected[:written]
