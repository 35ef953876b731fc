"""Members as staff say them: by name and by the end of a phone. Merged cards do not count."""

from __future__ import annotations

from typing import LiteralString

from sqlalchemy import Connection, text

from ledger.records.members import MEMBER_COLUMNS, Member

_FROM: LiteralString = (
    "SELECT "  # noqa: S608 - the texts are ours
    + MEMBER_COLUMNS
    + """ FROM member m
    LEFT JOIN binding b ON b.member_id = m.id AND b.unbound_at IS NULL
    LEFT JOIN contact c ON c.openid = b.openid
    WHERE m.merged_into IS NULL AND """
)
_BY_NAME = text(_FROM + "m.name = :name ORDER BY m.id LIMIT :limit")
_BY_PART = text(_FROM + r"m.name LIKE :part ESCAPE '\' ORDER BY m.id LIMIT :limit")
_BY_TAIL = text(_FROM + "m.phone LIKE :tail ORDER BY m.id LIMIT :limit")


def by_name(connection: Connection, name: str, *, limit: int) -> tuple[Member, ...]:
    """Members of exactly this name; without such, those whose name contains it (小林 in 林小林)."""
    exact = connection.execute(_BY_NAME, {"name": name, "limit": limit}).all()
    if exact:
        return tuple(Member(*row) for row in exact)
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = connection.execute(_BY_PART, {"part": f"%{escaped}%", "limit": limit})
    return tuple(Member(*row) for row in rows)


def by_phone_tail(connection: Connection, tail: str, *, limit: int) -> tuple[Member, ...]:
    """Members whose phone ends in these digits."""
    if not tail.isdecimal():
        raise ValueError(f"not the end of a phone: {tail!r}")
    rows = connection.execute(_BY_TAIL, {"tail": f"%{tail}", "limit": limit})
    return tuple(Member(*row) for row in rows)
