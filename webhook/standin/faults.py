"""Faults that a person or a test switches on: what the platform's API answers for the next calls."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

FaultKind = Literal[
    "busy", "quota", "frequency", "unauthorised", "restricted", "bad_token", "http_502", "slow", "lost_answer"
]
FAULT_CODES: Mapping[str, int] = {
    "busy": -1,
    "quota": 45009,
    "frequency": 45011,
    "unauthorised": 48001,
    "restricted": 50002,
    "bad_token": 40001,
}
MAX_FAULTS = 50
MAX_TIMES = 1_000_000


class FaultError(ValueError):
    """A fault that cannot be set."""


@dataclass(frozen=True)
class Fault:
    """`times` calls more get `kind`; None = always. `endpoint` "" = every call that carries a token.

    `slow` answers rightly but late; `lost_answer` does the work and then answers HTTP 502.
    """

    kind: FaultKind
    times: int | None = 1
    endpoint: str = ""


class FaultSwitch:
    """Kept in memory only: a restart clears all faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, kind: str, times: int | None, endpoint: str = "") -> Fault:
        """Queue a fault; it takes effect after those already set for the same endpoint are used up."""
        if kind not in get_args(FaultKind):
            raise FaultError(f"kind is one of {', '.join(get_args(FaultKind))}")
        if times is not None and not 1 <= times <= MAX_TIMES:
            raise FaultError(f"times is 1 to {MAX_TIMES}, or null for always")
        fault = Fault(kind, times, endpoint.strip("/").removeprefix("cgi-bin/"))  # type: ignore[arg-type]
        with self._lock:
            if len(self._faults) >= MAX_FAULTS:
                raise FaultError(f"at most {MAX_FAULTS} faults")
            self._faults.append(fault)
        return fault

    def take(self, endpoint: str) -> FaultKind | None:
        """The fault for this call of `endpoint` (without cgi-bin/), counted down."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                token_call = endpoint not in ("token", "stable_token")
                if fault.endpoint != endpoint and not (fault.endpoint == "" and token_call):
                    continue
                if fault.times is not None:
                    left = fault.times - 1
                    self._faults[index : index + 1] = [replace(fault, times=left)] if left else []
                return fault.kind
        return None

    def all(self) -> list[dict[str, str | int | None]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
