"""What a check of the shop finds, and the checks that every part of the file needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shop.tree import Path

Severity = Literal["error", "warning"]
AS_MEANT = "Check that this is what you mean."


@dataclass(frozen=True)
class Finding:
    """Something wrong (error) or doubtful (warning) at `path` of the file, and what to do about it."""

    path: Path
    message: str
    remedy: str
    severity: Severity = "error"


def warning(path: Path, message: str, remedy: str = AS_MEANT) -> Finding:
    return Finding(path, message, remedy, "warning")


def repeated(ids: Iterable[tuple[Path, str]], remedy: str) -> Iterator[Finding]:
    """An id that is used twice in one list."""
    seen: set[str] = set()
    for path, used in ids:
        if used in seen:
            yield Finding((*path, "id"), f"the id “{used}” is already taken", remedy)
        seen.add(used)


def unknown(
    path: Path, used: Sequence[str], known: Sequence[str], kind: str, *, indexed: bool = True
) -> Iterator[Finding]:
    """Ids that do not exist or are named twice; `indexed`: the path is that of a list."""
    for index, wanted in enumerate(used):
        where = (*path, index) if indexed else path
        if wanted not in known:
            choice = ", ".join(known[:12]) or "none is defined yet"
            yield Finding(where, f"there is no {kind} “{wanted}”", f"Use one of: {choice}.")
        elif wanted in used[:index]:
            yield Finding(where, f"the {kind} “{wanted}” is named twice", "Keep one.")
