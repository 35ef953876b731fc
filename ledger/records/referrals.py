"""Who brought whom, and what came of it (row D3). One inviter for life, one level only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString

from sqlalchemy import Connection, Row

from ledger.book.driver import Single, call
from ledger.records.sql import sql

ReferralState = Literal["pending", "waiting", "held", "granted", "taken_back", "refused"]


@dataclass(frozen=True)
class Referral:
    """One newcomer brought by one member.

    Attributes:
        invitee_id: the newcomer's card, known once he has paid; `invitee_name` with it, else "".
        cause: why it is held, refused or taken back; "cap": the inviter gets nothing for this one.
        transfer_id: the payment that earned it, at `earned_at`; given at `due_at` when it has to wait.
    """

    id: int
    invitee_openid: str
    inviter_id: int
    invitee_id: int | None
    invitee_name: str
    followed_at: datetime
    state: ReferralState
    cause: str
    transfer_id: int | None
    earned_at: datetime | None
    due_at: datetime | None


_SELECT = """
    SELECT r.id, r.invitee_openid, r.inviter_id, r.invitee_id, coalesce(m.name, '') AS invitee_name,
           r.followed_at, r.state, r.cause, r.transfer_id, r.earned_at, r.due_at
    FROM referral r
    LEFT JOIN binding b ON b.openid = r.invitee_openid AND b.unbound_at IS NULL
    LEFT JOIN member m ON m.id = coalesce(r.invitee_id, b.member_id)
"""


def follow(connection: Connection, *, openid: str, inviter_id: int, at: datetime) -> int | None:
    """Note the inviter of a newcomer, once for life; None when he has one already."""
    made = connection.execute(
        sql("""
            INSERT INTO referral (invitee_openid, inviter_id, followed_at) VALUES (:openid, :inviter_id, :at)
            ON CONFLICT (invitee_openid) DO NOTHING RETURNING id
        """),
        {"openid": openid, "inviter_id": inviter_id, "at": at},
    ).scalar_one_or_none()
    if made is None:
        return None
    note(connection, int(made), "followed", at=at, actor=f"openid:{openid}")
    return int(made)


def had_card(connection: Connection, openid: str) -> bool:
    """Whether this account was ever bound to a member: then it is no newcomer."""
    return bool(
        connection.execute(
            sql("SELECT EXISTS (SELECT FROM binding WHERE openid = :openid)"), {"openid": openid}
        ).scalar_one()
    )


def own_account(connection: Connection, member_id: int, openid: str) -> bool:
    """Whether the account is, or was, this member's own."""
    return bool(
        connection.execute(
            sql("SELECT EXISTS (SELECT FROM binding WHERE openid = :openid AND member_id = :member_id)"),
            {"openid": openid, "member_id": member_id},
        ).scalar_one()
    )


def brought_by(connection: Connection, *, openid: str, inviter_id: int) -> bool:
    """Whether the person behind `openid` once brought this inviter: the two would bring each other."""
    return bool(
        connection.execute(
            sql("""
                SELECT EXISTS (
                    SELECT FROM referral r
                    JOIN binding mine ON mine.openid = r.invitee_openid AND mine.member_id = :inviter_id
                    JOIN binding his ON his.member_id = r.inviter_id AND his.openid = :openid)
            """),
            {"openid": openid, "inviter_id": inviter_id},
        ).scalar_one()
    )


def open_of(connection: Connection, member_id: int) -> Referral | None:
    """The pending referral by which this member came: asked at every payment, so one indexed look."""
    return _one(
        connection,
        """WHERE r.state = 'pending' AND r.invitee_openid = (
               SELECT openid FROM binding WHERE member_id = :value AND unbound_at IS NULL)""",
        member_id,
    )


_PENDING: LiteralString = """
    SELECT 1 FROM binding b JOIN referral r ON r.invitee_openid = b.openid AND r.state = 'pending'
    WHERE b.member_id = %s AND b.unbound_at IS NULL
"""


def has_open(connection: Connection | Single, member_id: int) -> bool:
    """Whether `open_of` would find one; the short way, because every payment asks."""
    return call(connection, _PENDING, (member_id,)) is not None


def by_id(connection: Connection, referral_id: int) -> Referral | None:
    return _one(connection, "WHERE r.id = :value", referral_id)


def by_transfer(connection: Connection, transfer_id: int) -> Referral | None:
    """The referral that this payment earned."""
    return _one(connection, "WHERE r.transfer_id = :value", transfer_id)


def of_inviter(connection: Connection, inviter_id: int, *, limit: int = 100) -> tuple[Referral, ...]:
    """Whom a member brought, the newest first."""
    return _many(
        connection,
        "WHERE r.inviter_id = :value ORDER BY r.followed_at DESC, r.id DESC LIMIT :limit",
        inviter_id,
        limit,
    )


def held(connection: Connection, *, limit: int = 20) -> tuple[Referral, ...]:
    """What waits for a manager, the oldest first."""
    return _many(connection, "WHERE r.state = 'held' AND :value = 0 ORDER BY r.id LIMIT :limit", 0, limit)


def due(connection: Connection, *, now: datetime, limit: int = 200) -> tuple[Referral, ...]:
    """Earned ones whose refund window is over."""
    return _many(
        connection,
        "WHERE r.state = 'waiting' AND r.due_at <= :value ORDER BY r.due_at, r.id LIMIT :limit",
        now,
        limit,
    )


# The payment was reversed, or its money was paid back.
_UNDONE = """(EXISTS (SELECT FROM transfer u WHERE u.reverses = r.transfer_id AND u.refused IS NULL)
    OR EXISTS (SELECT FROM lot l JOIN lot_use u ON u.lot_id = l.id AND u.amount > 0
               JOIN transfer t ON t.id = u.transfer_id AND t.kind = 'refund'
               JOIN account a ON a.id = l.account_id AND a.kind = 'paid_in'
               WHERE l.transfer_id = r.transfer_id))"""


def undone(connection: Connection, *, since: datetime, limit: int = 200) -> tuple[Referral, ...]:
    """Earned or given ones, earned since then, whose payment was undone."""
    return _many(
        connection,
        f"""WHERE r.state IN ('waiting', 'held', 'granted') AND r.earned_at >= :value AND {_UNDONE}
            ORDER BY r.id LIMIT :limit""",
        since,
        limit,
    )


def is_undone(connection: Connection, referral_id: int) -> bool:
    return bool(
        connection.execute(
            sql(f"SELECT {_UNDONE} FROM referral r WHERE r.id = :id"),  # noqa: S608
            {"id": referral_id},
        ).scalar_one()
    )


def is_payment_undone(connection: Connection, transfer_id: int) -> bool:
    return bool(
        connection.execute(
            sql(f"SELECT {_UNDONE} FROM (SELECT CAST(:id AS bigint) AS transfer_id) r"),  # noqa: S608
            {"id": transfer_id},
        ).scalar_one()
    )


def paid_but_pending(
    connection: Connection, *, kinds: Collection[str], minimum_fen: int, since: datetime, limit: int = 1000
) -> tuple[tuple[int, str, int, int], ...]:
    """Payments after the follow of newcomers who are still pending: (member, kind, fen, transfer).

    Args:
        kinds: of the transfers that count; `minimum_fen`: the least that does.
        since: who followed before that is not looked at any more.
    """
    rows = connection.execute(
        sql(f"""
            SELECT t.member_id, t.kind, paid.fen, t.id
            FROM referral p
            JOIN binding b ON b.openid = p.invitee_openid AND b.unbound_at IS NULL
            JOIN transfer t ON t.member_id = b.member_id AND t.kind = ANY (:kinds)
            CROSS JOIN LATERAL (SELECT t.id AS transfer_id) r
            CROSS JOIN LATERAL (SELECT coalesce(
                (t.request ->> 'paid_fen')::bigint,
                (t.request ->> 'stored_fen')::bigint + (t.request ->> 'outside_fen')::bigint) AS fen) paid
            WHERE p.state = 'pending' AND p.followed_at >= :since
              AND t.refused IS NULL AND t.recorded_at >= p.followed_at
              AND paid.fen >= :minimum_fen AND NOT {_UNDONE}
            ORDER BY t.id LIMIT :limit
        """),  # noqa: S608
        {"limit": limit, "kinds": list(kinds), "minimum_fen": minimum_fen, "since": since},
    )
    return tuple((row.member_id, row.kind, row.fen, row.id) for row in rows)


def earned_since(connection: Connection, inviter_id: int, since: datetime) -> int:
    """Newcomers that count against an inviter's cap; ask under the inviter's wallet lock."""
    return int(
        connection.execute(
            sql("""
                SELECT count(*) FROM referral
                WHERE inviter_id = :inviter_id AND earned_at >= :since AND cause <> 'cap'
                  AND state IN ('waiting', 'held', 'granted')
            """),
            {"inviter_id": inviter_id, "since": since},
        ).scalar_one()
    )


def follows_between(connection: Connection, inviter_id: int, start: datetime, end: datetime) -> int:
    """How many came by an inviter's code from `start` up to and including `end`."""
    return int(
        connection.execute(
            sql("""
                SELECT count(*) FROM referral
                WHERE inviter_id = :inviter_id AND followed_at > :start AND followed_at <= :end
            """),
            {"inviter_id": inviter_id, "start": start, "end": end},
        ).scalar_one()
    )


def earn(
    connection: Connection,
    referral: Referral,
    state: Literal["waiting", "held", "granted"],
    *,
    invitee_id: int,
    inviter_id: int,
    transfer_id: int,
    cause: str,
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """The newcomer paid: the pending referral is earned by that payment. False: it was pending no more."""
    done = connection.execute(
        sql("""
            UPDATE referral SET state = :state, invitee_id = :invitee_id, inviter_id = :inviter_id,
                transfer_id = :transfer_id, cause = :cause, earned_at = :now, due_at = :due_at,
                settled_at = CASE WHEN :state = 'granted' THEN CAST(:now AS timestamptz) END
            WHERE id = :id AND state = 'pending'
        """),
        {
            "id": referral.id,
            "state": state,
            "invitee_id": invitee_id,
            "inviter_id": inviter_id,
            "transfer_id": transfer_id,
            "cause": cause,
            "now": now,
            "due_at": due_at,
        },
    )
    if done.rowcount == 1:
        detail = {"transfer": transfer_id, "cause": cause}
        note(connection, referral.id, state, at=now, actor="system", detail=detail)
    return done.rowcount == 1


def move(
    connection: Connection,
    referral_id: int,
    expected: Collection[ReferralState],
    state: ReferralState,
    *,
    now: datetime,
    actor: str,
    cause: str = "",
    detail: Mapping[str, object] | None = None,
) -> bool:
    """From one of the expected states to another, noted; False when it was in none of them.

    Back to "pending" forgets the payment, so that a later one can earn it.
    """
    done = connection.execute(
        sql("""
            UPDATE referral SET state = :state, cause = :cause, settled_at = :now,
                transfer_id = CASE WHEN :state = 'pending' THEN NULL ELSE transfer_id END,
                earned_at = CASE WHEN :state = 'pending' THEN NULL ELSE earned_at END,
                due_at = CASE WHEN :state = 'pending' THEN NULL ELSE due_at END
            WHERE id = :id AND state = ANY (:expected)
        """),
        {"id": referral_id, "state": state, "cause": cause, "now": now, "expected": list(expected)},
    )
    if done.rowcount == 1:
        kept = {"cause": cause, **(detail or {})} if cause else dict(detail or {})
        note(connection, referral_id, state, at=now, actor=actor, detail=kept)
    return done.rowcount == 1


def move_inviter(connection: Connection, *, from_member_id: int, into_member_id: int) -> int:
    """Two cards become one: whom the one brought, the other has brought; how many.

    A newcomer who is the other card himself stays where he is: nobody brings himself.
    """
    done = connection.execute(
        sql("""
            UPDATE referral SET inviter_id = :into
            WHERE inviter_id = :from_id AND invitee_id IS DISTINCT FROM :into
        """),
        {"into": into_member_id, "from_id": from_member_id},
    )
    return done.rowcount


def note(
    connection: Connection,
    referral_id: int,
    what: str,
    *,
    at: datetime,
    actor: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write a step into the referral's history."""
    connection.execute(
        sql("""
            INSERT INTO referral_event (referral_id, what, at, actor, detail)
            VALUES (:id, :what, :at, :actor, CAST(:detail AS json))
        """),
        {
            "id": referral_id,
            "what": what,
            "at": at,
            "actor": actor,
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False),
        },
    )


def _one(connection: Connection, condition: str, value: object) -> Referral | None:
    # `condition` is one of the fixed texts above, never input.
    row = connection.execute(sql(_SELECT + condition), {"value": value}).one_or_none()
    return None if row is None else _referral(row)


def _many(connection: Connection, condition: str, value: object, limit: int) -> tuple[Referral, ...]:
    rows = connection.execute(sql(_SELECT + condition), {"value": value, "limit": limit})
    return tuple(_referral(row) for row in rows)


def _referral(row: Row[Any]) -> Referral:
    return Referral(**row._mapping)
