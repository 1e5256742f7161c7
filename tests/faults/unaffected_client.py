"""A client that others' attacks must not affect: it asks in a process of its own, until its input ends.

``python -m tests.faults.unaffected_client ADDRESS TOKEN`` prints an empty line once it has an answer, and at its end
``[[seconds, status], ...]``; 0 stands for no answer, also not to the second try.
"""

import json
import select
import sys
import time
from contextlib import suppress

import httpx


def main(address: str, token: str) -> None:
    """Ask, on a connection that is kept and on a new one by turns."""
    answers: list[tuple[float, int]] = []
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=address, headers=headers, timeout=30) as kept:
        while not select.select([sys.stdin], [], [], 0.02)[0]:
            begun = time.perf_counter()
            status = 0
            with suppress(httpx.TransportError):  # a kept connection may end at any time (RFC 9112, section 9.6)
                status = kept.get("/api/me").status_code if len(answers) % 2 else 0
            with suppress(httpx.TransportError):
                status = status or httpx.get(f"{address}/api/me", headers=headers, timeout=30).status_code
            answers.append((time.perf_counter() - begun, status))
            if len(answers) == 1:
                print(flush=True)  # noqa: T201 - its output
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
