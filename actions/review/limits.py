"""What a staff member may book alone; what goes beyond it needs a second person (features C2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_face
from typing import LiteralString
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from actions.house import House
from ledger.book.driver import call
from ledger.records.staff import Staff


@dataclass(frozen=True)
class Review:
    """Why an entry has to wait for a second person; `reasons` are names of texts, never empty.

    `over_entry`, `over_day`, `backdated` are found by `weigh`; a caller adds what only he can know.
    """

    reasons: tuple[str, ...]


def weigh(
    house: House,
    connection: Connection,
    acting: Staff,
    *,
    kind: str,
    amount_fen: int,
    occurred_at: datetime,
    now: datetime,
    also: tuple[str, ...] = (),
) -> Review | None:
    """Whether this entry needs a second person, by the limits of the role in shop.yml; None: it does not.

    Call it in the transaction that books, before the book is touched: where the role has a day limit, a lock
    on the staff member is held from here until the commit, so that many small entries at once are weighed one
    after the other.

    Args:
        kind: of the entry; a reversal is held to the limit of one entry, not to the day's.
        amount_fen: money that the entry moves: paid, spent or paid out, without gift money.
        occurred_at: when it happened; another day of the shop than `now` is backdating.
        also: reasons that the caller found himself.
    """
    reasons = [*also, *over_limits(house, connection, acting, kind=kind, amount_fen=amount_fen, now=now)]
    zone = house.shop.zone
    if acting.role != "owner" and shop_day(occurred_at, zone) < shop_day(now, zone):
        reasons.append("backdated")
    return Review(tuple(reasons)) if reasons else None


def over_limits(
    house: House, connection: Connection, acting: Staff, *, kind: str, amount_fen: int, now: datetime
) -> tuple[str, ...]:
    """Which of his role's amounts this entry exceeds: `over_entry`, `over_day`, both or none."""
    role = house.shop.role_limit(acting.role)
    found = []
    if role.per_entry_fen is not None and amount_fen > role.per_entry_fen:
        found.append("over_entry")
    if role.per_day_fen is not None and kind != "reversal":
        call(connection, _LOCK, (f"staff day:{acting.id}",))
        if (
            booked_today_fen(connection, acting.id, zone=house.shop.zone, now=now) + amount_fen
            > role.per_day_fen
        ):
            found.append("over_day")
    return tuple(found)


def booked_today_fen(connection: Connection, staff_id: int, *, zone: ZoneInfo, now: datetime) -> int:
    """What this staff member has booked or approved on the shop's day of `now`, in fen.

    An entry counts by the money it moved through the till or, for a purchase, by what was sold. What another
    approved counts for that other: he answers for it.
    """
    start, end = day_bounds(shop_day(now, zone), zone)
    row = call(connection, _BOOKED, (staff_id, start, end))
    return 0 if row is None else int(row[0])


def shop_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day of a moment in the shop."""
    return at.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a day in the shop, and the first after it."""
    start = datetime.combine(day, clock_face(), tzinfo=zone)
    return start, datetime.combine(day + timedelta(days=1), clock_face(), tzinfo=zone)


_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

# By the indexes act_staff and posting_of_transfer. A reversal undoes what counted: it does not count again.
_BOOKED: LiteralString = """
    SELECT coalesce(sum(moved.size), 0) FROM (
        SELECT greatest(abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'cash'), 0)),
                        abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'revenue'), 0)),
                        abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'adjustment'), 0))) AS size
        FROM (SELECT DISTINCT a.transfer_id FROM act a
              WHERE a.staff_id = %s AND a.at >= %s AND a.at < %s AND a.transfer_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM approval q
                                WHERE q.transfer_id = a.transfer_id AND q.requester_id = a.staff_id)) AS mine
        JOIN transfer t ON t.id = mine.transfer_id AND t.refused IS NULL AND t.reverses IS NULL
        JOIN posting p ON p.transfer_id = mine.transfer_id AND p.unit = 'fen'
        JOIN account k ON k.id = p.account_id AND k.member_id IS NULL
        GROUP BY mine.transfer_id) AS moved
"""
