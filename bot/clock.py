"""Time is passed in: the real clock, or the demo's clock that a visitor can move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class MovableClock:
    """Now plus the whole seconds written in a file; a missing or broken file means no offset.

    The stand-in for WeChat writes the file when its clock is moved, so that web, worker and stand-in agree.
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def __call__(self) -> datetime:
        try:
            offset_seconds = int(self._offset_file.read_text().strip() or "0")
        except (OSError, ValueError):
            offset_seconds = 0
        return datetime.now(UTC) + timedelta(seconds=offset_seconds)


def make_clock(offset_file: Path | None) -> Clock:
    return real_clock if offset_file is None else MovableClock(offset_file)
