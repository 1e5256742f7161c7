"""Headers as ASGI gives them."""


def headers(*lines: str) -> list[tuple[bytes, bytes]]:
    """``Name: value`` lines as pairs of bytes, the names in lower case."""
    pairs = [line.partition(": ") for line in lines]
    return [(name.lower().encode(), value.encode("latin-1")) for name, _, value in pairs]
