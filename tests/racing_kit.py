"""Calls that race: each in a thread of its own, all let go at the same instant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
GATE_SECONDS = 60


def at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """What each gave back, in the order of the calls; what one raises fails the test."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        gate.wait(timeout=GATE_SECONDS)
        return call()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return list(pool.map(run, calls))
