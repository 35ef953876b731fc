"""Pictures on disk: a bounded folder, the oldest go first. Losing it costs a drawing, nothing else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


class Shelf:
    """At most `limit` files in `folder`, which is made when the first is kept."""

    def __init__(self, folder: Path, *, limit: int = 500) -> None:
        self._folder = folder
        self._limit = limit

    def get(self, name: str, draw: Callable[[], bytes]) -> bytes:
        """The file of that name; drawn and kept when it is not there. A full disk only costs the keeping."""
        path = self._folder / name
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            if content:
                os.utime(path)
                return content
        content = draw()
        with contextlib.suppress(OSError):
            self._keep(path, content)
        return content

    def _keep(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{os.getpid()}.part")
        half.write_bytes(content)
        half.replace(path)
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - self._limit)]:
            file.unlink(missing_ok=True)
