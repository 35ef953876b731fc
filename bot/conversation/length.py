"""A text of many lines as long as a phone screen likes, and no longer."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 600
"""Characters of one answer (issue "conversation": no text over 600)."""


def fitting(head: str, lines: Sequence[str], more: str, tail: str = "") -> str:
    """Head, as many lines as fit, `more` if some are left out, tail. The first line always stands."""
    room = LONGEST - len(head) - len(more) - len(tail)
    kept: list[str] = []
    for line in lines:
        if kept and sum(map(len, kept)) + len(line) > room:
            return head + "".join(kept) + more + tail
        kept.append(line)
    return head + "".join(kept) + tail
