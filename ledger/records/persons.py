"""Who is behind a WeChat account, in one look: asked for every message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection, text

from ledger.book.driver import Row, call
from ledger.records.members import MEMBER_COLUMNS, Member
from ledger.records.staff import Staff


@dataclass(frozen=True)
class Card:
    """A member as an entry knows him: the wallet, and the WeChat account that is told."""

    id: int
    openid: str | None


@dataclass(frozen=True)
class Person:
    """What is known of a WeChat account; no right follows from it, each action asks again.

    Attributes:
        has_waiting: a message to this account could not be sent and waits for the account to write.
        heard_at: when it was last noted that the account wrote, which opens WeChat's reply window.
    """

    openid: str
    member: Member | None
    staff: Staff | None
    has_waiting: bool
    heard_at: datetime | None = None


_PERSON = text("""
    SELECT m.*, b.openid, coalesce(c.following, false) AS following,
           s.id AS staff_id, s.name AS staff_name, s.role, s.store_id,
           c.heard_at,
           EXISTS (SELECT FROM message w WHERE w.openid = :openid AND w.state = 'waiting') AS has_waiting
    FROM (SELECT 1) AS one
    LEFT JOIN binding b ON b.openid = :openid AND b.unbound_at IS NULL
    LEFT JOIN member m ON m.id = b.member_id
    LEFT JOIN contact c ON c.openid = b.openid
    LEFT JOIN staff s ON s.openid = :openid AND s.active
""")


def by_openid(connection: Connection, openid: str) -> Person:
    """The member and the staff member bound to this account, each if there is one."""
    row = connection.execute(_PERSON, {"openid": openid}).one()
    member = None
    if row.id is not None:
        member = Member(**{name: getattr(row, name) for name in Member.__dataclass_fields__})
    staff = None
    if row.staff_id is not None:
        staff = Staff(row.staff_id, row.staff_name, row.role, row.store_id, True, openid)
    return Person(
        openid=openid, member=member, staff=staff, has_waiting=row.has_waiting, heard_at=row.heard_at
    )


_STAFF_AND_MEMBER: LiteralString = (
    "SELECT s.id, s.name, s.role, s.store_id, s.active, s.openid, "  # noqa: S608 - the texts are ours
    + MEMBER_COLUMNS
    + """
    FROM (SELECT 1) AS one
    LEFT JOIN staff s ON s.openid = %s AND s.active
    LEFT JOIN member m ON m.id = %s
    LEFT JOIN binding b ON b.member_id = m.id AND b.unbound_at IS NULL
    LEFT JOIN contact c ON c.openid = b.openid
"""
)
_STAFF_COLUMNS = len(Staff.__dataclass_fields__)


def staff_and_member(
    connection: Connection, staff_openid: str, member_id: int
) -> tuple[Staff | None, Member | None]:
    """Who acts and on whom, in one look: the active staff member behind an account, and a member by id."""
    row = call(connection, _STAFF_AND_MEMBER, (staff_openid, member_id))
    if row is None:
        raise RuntimeError("a row of outer joins is always there")
    return _staff_and_member(row)


def _staff_and_member(row: Row) -> tuple[Staff | None, Member | None]:
    acting, found = row[:_STAFF_COLUMNS], row[_STAFF_COLUMNS:]
    return (
        None if acting[0] is None else Staff(*acting),
        None if found[0] is None else Member(*found),
    )
