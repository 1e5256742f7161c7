"""Calls that are started together, each in a thread."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx


def at_once(count: int, call: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers of as many calls, in the order of their numbers."""
    gate = threading.Barrier(count)

    def run(number: int) -> httpx.Response:
        gate.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
