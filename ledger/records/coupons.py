"""Coupons in members' hands: given, reserved, used once, given back, taken back, expired (row D2).

What a kind means is the shop's (`shop.coupons`); here it is plain values. Every change leaves an event that
the database writes. Functions that change something take rows' locks in the order of ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.records.sql import sql

MAX_AT_ONCE = 1000
MAX_HELD = 200  # read for one member; the rest waits until these are used or expire


@dataclass(frozen=True)
class Coupon:
    """A coupon in hand: free to use before `expires_at`. `content`: its kind as it was issued."""

    id: int
    kind_id: str
    content: dict[str, object]
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Limits:
    """How many of a kind one member may have; None: no limit. `month_start`: of the shop's month."""

    month_start: datetime
    held_at_once: int | None = None
    in_total: int | None = None
    per_month: int | None = None


@dataclass(frozen=True)
class OverLimit:
    """Nothing was issued: with `held` he has, or had, too many for `allowed`."""

    limit: Literal["held_at_once", "in_total", "per_month"]
    held: int
    allowed: int


def issue(
    connection: Connection,
    *,
    member_id: int,
    kind_id: str,
    content: Mapping[str, object],
    count: int,
    source_key: str,
    at: datetime,
    expires_at: datetime,
    store_id: str,
    limits: Limits | None = None,
    source_transfer_id: int | None = None,
) -> tuple[int, ...] | OverLimit:
    """Give `count` coupons, all or none; the same source and kind is given the same ones again.

    Coupons that were taken back do not count towards the limits.

    Raises ValueError for a count below 1 or above MAX_AT_ONCE, or an expiry that is over.
    """
    if not 1 <= count <= MAX_AT_ONCE or expires_at <= at:
        raise ValueError("a gift of 1 to 1000 coupons that are not over yet")
    connection.execute(
        sql("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"coupons of {member_id}"}
    )
    given = connection.execute(
        sql("SELECT id FROM coupon WHERE source_key = :key AND kind_id = :kind ORDER BY number"),
        {"key": source_key, "kind": kind_id},
    )
    before = tuple(row.id for row in given)
    if before:
        return before
    over = _over(connection, member_id, kind_id, count, at, limits) if limits else None
    if over is not None:
        return over
    rows = connection.execute(
        sql("""
            INSERT INTO coupon (member_id, kind_id, kind_content, source_key, number, source_transfer_id,
                                store_id, issued_at, expires_at, changed_at)
            SELECT :member, :kind, CAST(:content AS json), :key, number, CAST(:transfer AS bigint), :store,
                   :at, :expires, :at
            FROM generate_series(1, :count) AS number ORDER BY number RETURNING id
        """),
        {
            "member": member_id,
            "kind": kind_id,
            "content": json.dumps(dict(content), ensure_ascii=False, sort_keys=True),
            "key": source_key,
            "transfer": source_transfer_id,
            "store": store_id,
            "at": at,
            "expires": expires_at,
            "count": count,
        },
    )
    return tuple(sorted(row.id for row in rows))


def _over(
    connection: Connection, member_id: int, kind_id: str, count: int, at: datetime, limits: Limits
) -> OverLimit | None:
    row = connection.execute(
        sql("""
            SELECT count(*) FILTER (WHERE state IN ('open', 'reserved') AND expires_at > :at) AS held_at_once,
                   count(*) AS in_total, count(*) FILTER (WHERE issued_at >= :month) AS per_month
            FROM coupon WHERE member_id = :member AND kind_id = :kind AND state <> 'taken_back'
        """),
        {"member": member_id, "kind": kind_id, "at": at, "month": limits.month_start},
    ).one()
    if limits.in_total is not None and row.in_total + count > limits.in_total:
        return OverLimit("in_total", row.in_total, limits.in_total)
    if limits.per_month is not None and row.per_month + count > limits.per_month:
        return OverLimit("per_month", row.per_month, limits.per_month)
    if limits.held_at_once is not None and row.held_at_once + count > limits.held_at_once:
        return OverLimit("held_at_once", row.held_at_once, limits.held_at_once)
    return None


def held(connection: Connection, member_id: int, now: datetime) -> tuple[Coupon, ...]:
    """What the member is free to use, first to expire first; a reservation that lapsed does not count."""
    rows = connection.execute(
        sql("""
            SELECT id, kind_id, kind_content, issued_at, expires_at FROM coupon
            WHERE member_id = :member AND expires_at > :now
              AND (state = 'open' OR state = 'reserved' AND reserved_until <= :now)
            ORDER BY expires_at, id LIMIT :limit
        """),
        {"member": member_id, "now": now, "limit": MAX_HELD},
    )
    return tuple(Coupon(row.id, row.kind_id, row.kind_content, row.issued_at, row.expires_at) for row in rows)


@dataclass(frozen=True)
class Used:
    coupon_ids: tuple[int, ...]


@dataclass(frozen=True)
class Lost:
    """None was used, since that one could not be: used, expired, reserved, taken_back or not_his."""

    coupon_id: int
    why: str


def use(
    connection: Connection,
    coupon_ids: Sequence[int],
    *,
    member_id: int,
    transfer_id: int,
    at: datetime,
    reserved_for: str | None = None,
) -> Used | Lost:
    """Use those coupons of the member for that transfer, all or none; the same transfer may say so again.

    Whoever comes second waits for the first and then loses. After Lost the caller rolls its booking back.

    Args:
        reserved_for: the word under which they were reserved, if they were.
    """
    wanted = sorted(set(coupon_ids))
    rows = _locked(connection, wanted)
    for coupon_id in wanted:
        why = _why_not(rows.get(coupon_id), member_id, transfer_id, at, reserved_for)
        if why is not None:
            return Lost(coupon_id, why)
    done = connection.execute(
        sql("""
            UPDATE coupon SET state = 'used', used_transfer_id = :transfer, changed_at = :at,
                              reserved_for = NULL, reserved_until = NULL
            WHERE id = ANY(:ids) AND state IN ('open', 'reserved') AND expires_at > :at
        """),
        {"transfer": transfer_id, "at": at, "ids": wanted},
    )
    already = sum(row.state == "used" for row in rows.values())
    if done.rowcount + already != len(wanted):
        raise RuntimeError("a coupon changed under its lock")
    return Used(tuple(wanted))


def _locked(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    rows = connection.execute(
        sql("""
            SELECT id, member_id, state, expires_at, reserved_for, reserved_until, used_transfer_id
            FROM coupon WHERE id = ANY(:ids) ORDER BY id FOR UPDATE
        """),
        {"ids": list(ids)},
    )
    return {row.id: row for row in rows}


def _why_not(
    row: Row[Any] | None, member_id: int, transfer_id: int | None, at: datetime, word: str | None
) -> str | None:
    if row is None or row.member_id != member_id:
        return "not_his"
    if row.state == "used":
        return None if transfer_id is not None and row.used_transfer_id == transfer_id else "used"
    if row.state == "taken_back":
        return "taken_back"
    if row.state == "expired" or row.expires_at <= at:
        return "expired"
    if row.state == "reserved" and row.reserved_for != word and row.reserved_until > at:
        return "reserved"
    return None


def reserve(
    connection: Connection,
    coupon_ids: Sequence[int],
    *,
    member_id: int,
    reserved_for: str,
    until: datetime,
    at: datetime,
) -> tuple[int, ...] | Lost:
    """Keep those coupons for one purpose until a moment, all or none; the same word may prolong it."""
    wanted = sorted(set(coupon_ids))
    rows = _locked(connection, wanted)
    for coupon_id in wanted:
        why = _why_not(rows.get(coupon_id), member_id, None, at, reserved_for)
        if why is not None:
            return Lost(coupon_id, why)
    connection.execute(
        sql("""
            UPDATE coupon SET state = 'reserved', reserved_for = :word, reserved_until = :until,
                              changed_at = :at
            WHERE id = ANY(:ids)
        """),
        {"word": reserved_for, "until": until, "at": at, "ids": wanted},
    )
    return tuple(wanted)


def release(connection: Connection, *, reserved_for: str, at: datetime) -> int:
    """End the reservations under that word; how many there were."""
    done = connection.execute(
        sql("""
            UPDATE coupon SET state = 'open', reserved_for = NULL, reserved_until = NULL, changed_at = :at
            WHERE state = 'reserved' AND reserved_for = :word
        """),
        {"word": reserved_for, "at": at},
    )
    return done.rowcount


@dataclass(frozen=True)
class Undone:
    """What the reversal of a transfer did to coupons, every one of them named.

    Attributes:
        opened: it had used them; the member has them again.
        expired: it had used them, but they expired meanwhile; they stay expired.
        taken: it had given them; they are taken back.
        kept: it had given them, but they are used elsewhere (coupon id, transfer): nothing was done to them.
        lapsed: it had given them and they had expired or been taken back before.
    """

    opened: tuple[int, ...] = ()
    expired: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()
    kept: tuple[tuple[int, int], ...] = ()
    lapsed: tuple[int, ...] = ()


def undo(connection: Connection, transfer_id: int, *, at: datetime) -> Undone:
    """All that the reversal of a transfer means for coupons: used ones come back, given ones go."""
    opened, expired = _give_back(connection, transfer_id, at)
    taken, kept, lapsed = _take_back(connection, "source_transfer_id = :source", transfer_id, at)
    return Undone(opened, expired, taken, kept, lapsed)


def give_back(connection: Connection, transfer_id: int, *, at: datetime) -> int:
    """Of the coupons that the reversed transfer used: how many the member can use again. See `undo`."""
    return len(_give_back(connection, transfer_id, at)[0])


def _give_back(
    connection: Connection, transfer_id: int, at: datetime
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    rows = connection.execute(
        sql("""
            WITH back AS (SELECT id FROM coupon WHERE used_transfer_id = :transfer ORDER BY id FOR UPDATE)
            UPDATE coupon c SET state = CASE WHEN expires_at > :at THEN 'open' ELSE 'expired' END,
                                used_transfer_id = NULL, changed_at = :at
            FROM back WHERE c.id = back.id RETURNING c.id, c.state
        """),
        {"transfer": transfer_id, "at": at},
    ).all()
    return _ids(rows, "open"), _ids(rows, "expired")


def _ids(rows: Sequence[Row[Any]], *states: str) -> tuple[int, ...]:
    return tuple(sorted(row.id for row in rows if row.state in states))


def take_back(connection: Connection, transfer_id: int, *, at: datetime) -> int:
    """Of the coupons that the reversed transfer gave: how many were taken back. See `undo` for the others."""
    return len(_take_back(connection, "source_transfer_id = :source", transfer_id, at)[0])


def take_back_of(connection: Connection, source_key: str, *, at: datetime) -> Undone:
    """Take back what an event gave that is no transfer, by its source key."""
    taken, kept, lapsed = _take_back(connection, "source_key = :source", source_key, at)
    return Undone(taken=taken, kept=kept, lapsed=lapsed)


def _take_back(
    connection: Connection, where: str, source: int | str, at: datetime
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...], tuple[int, ...]]:
    rows = connection.execute(
        sql(f"SELECT id, state, used_transfer_id FROM coupon WHERE {where} ORDER BY id FOR UPDATE"),  # noqa: S608
        {"source": source},
    ).all()
    taken = _ids(rows, "open", "reserved")
    connection.execute(
        sql("""
            UPDATE coupon SET state = 'taken_back', reserved_for = NULL, reserved_until = NULL,
                              changed_at = :at
            WHERE id = ANY(:ids)
        """),
        {"ids": list(taken), "at": at},
    )
    kept = tuple((row.id, row.used_transfer_id) for row in rows if row.state == "used")
    return taken, kept, _ids(rows, "expired", "taken_back")


def counts_of(connection: Connection, transfer_ids: Sequence[int]) -> tuple[int, int]:
    """(how many of the coupons that these transfers gave could be taken back now, how many are used)."""
    found = connection.execute(
        sql("""
            SELECT count(*) FILTER (WHERE state IN ('open', 'reserved')),
                   count(*) FILTER (WHERE state = 'used')
            FROM coupon WHERE source_transfer_id = ANY(:transfers)
        """),
        {"transfers": list(transfer_ids)},
    ).one()
    return int(found[0]), int(found[1])


def move(connection: Connection, *, from_member_id: int, to_member_id: int, at: datetime) -> int:
    """Give what is in one member's hand to another, when two cards become one."""
    done = connection.execute(
        sql("""
            UPDATE coupon SET member_id = :new, changed_at = :at
            WHERE member_id = :old AND state IN ('open', 'reserved')
        """),
        {"old": from_member_id, "new": to_member_id, "at": at},
    )
    return done.rowcount


def expire_due(connection: Connection, now: datetime, limit: int = 500) -> int:
    """Mark what is over as expired, at most `limit` in one go; how many. Nobody is waited for."""
    done = connection.execute(
        sql("""
            WITH due AS (
                SELECT id FROM coupon WHERE state IN ('open', 'reserved') AND expires_at <= :now
                ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
            UPDATE coupon c SET state = 'expired', reserved_for = NULL, reserved_until = NULL,
                                changed_at = :now
            FROM due WHERE c.id = due.id
        """),
        {"now": now, "limit": limit},
    )
    return done.rowcount
