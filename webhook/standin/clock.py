"""The one clock of the demo: real time plus an offset that a person can move."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
MAX_OFFSET_SECONDS = 20 * 366 * 86_400


class ClockRangeError(ValueError):
    """The asked time is more than twenty years away from real time."""


def real_now() -> datetime:
    return datetime.now(UTC)


class MovableClock:
    """Real time plus an offset in whole seconds, kept in a file that the product reads.

    The file is replaced in one step, so a reader never sees half a number.
    """

    def __init__(self, path: Path, real: Callable[[], datetime] = real_now) -> None:
        self._path = path
        self._real = real
        self._lock = threading.Lock()
        self._offset_seconds = self._read()

    def now(self) -> datetime:
        """The stand-in's time, aware, in Beijing time."""
        return (self._real() + timedelta(seconds=self._offset_seconds)).astimezone(BEIJING)

    def timestamp(self) -> int:
        """Whole seconds since the epoch on the stand-in's clock."""
        return int(self.now().timestamp())

    @property
    def offset_seconds(self) -> int:
        return self._offset_seconds

    def move(self, seconds: int) -> None:
        """Move the clock by `seconds` (backwards when negative)."""
        with self._lock:
            self._write(self._offset_seconds + seconds)

    def set_to(self, moment: datetime) -> None:
        """Let the clock show `moment` (aware) now and run on from there."""
        with self._lock:
            self._write(round((moment - self._real()).total_seconds()))

    def back_to_real_time(self) -> None:
        with self._lock:
            self._write(0)

    def _read(self) -> int:
        try:
            offset = int(self._path.read_text("ascii").strip())
        except (OSError, ValueError):
            return 0
        return offset if abs(offset) <= MAX_OFFSET_SECONDS else 0

    def _write(self, offset_seconds: int) -> None:
        if abs(offset_seconds) > MAX_OFFSET_SECONDS:
            raise ClockRangeError("the clock moves at most twenty years from real time")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        draft.write_text(f"{offset_seconds}\n", "ascii")
        draft.replace(self._path)
        self._offset_seconds = offset_seconds
