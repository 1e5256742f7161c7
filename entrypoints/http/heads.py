"""Heads: what the beginning of a request must be, where the parser takes more."""

import re
from collections.abc import Sequence
from typing import Final

_SLASH: Final = ord("/")
_ABSOLUTE: Final = re.compile(rb"(?i:https?)://[^/?#@]+/[^#]*|\*")
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_FEWEST_HOSTS: Final = {"1.0": 0, "1.1": 1}


def is_sound(target: bytes, version: str, hosts: Sequence[bytes]) -> bool:
    """Whether this is HTTP/1.0 or 1.1, asks for a path or ``*``, and names its host once (RFC 9112, section 3).

    HTTP/1.0 may leave the host out. Which host it is does not matter here, nor whether the target repeats it.
    """
    fewest = _FEWEST_HOSTS.get(version, 2)
    if not fewest <= len(hosts) <= 1:
        return False
    if (target[0] != _SLASH or b"#" in target) and _ABSOLUTE.fullmatch(target) is None:
        return False
    return not hosts or _HOST.fullmatch(hosts[0]) is not None
