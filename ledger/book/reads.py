"""Reading the book: what a member holds, what expires, what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from ledger.book.driver import call
from ledger.book.posting import parse_balances
from ledger.book.values import Balances, EntitlementBalance, LotBalance, StatementLine

MAX_STATEMENT_LINES = 200


def balances(connection: Connection, member_id: int, *, now: datetime) -> Balances:
    """What the member may use at `now`: lots that are due no longer count, even if not yet posted.

    Raises:
        LookupError: there is no such wallet.
    """
    row = call(connection, "SELECT ledger_balances(%s, %s)", (member_id, now))
    if row is None or row[0]["version"] is None:
        raise LookupError(f"member {member_id} has no wallet")
    return parse_balances(row[0])


def lock_wallets(connection: Connection, member_ids: list[int]) -> None:
    """Lock several wallets in the order of their ids: for one transaction that posts to more than one."""
    call(connection, "SELECT ledger_lock(%s::bigint[])", (member_ids,))


def open_wallet(connection: Connection, member_id: int) -> None:
    """Give a new member a wallet, once."""
    call(connection, "SELECT ledger_open_wallet(%s)", (member_id,))


_EXPIRING = text("""
    SELECT l.id AS lot_id, a.kind, a.code, a.unit, l.remaining AS amount, l.expires_at
    FROM account a JOIN lot l ON l.account_id = a.id
    WHERE a.member_id = :member_id AND l.remaining > 0 AND l.expires_at > :now AND l.expires_at <= :by
    ORDER BY l.expires_at, l.id
""")


def expiring(connection: Connection, member_id: int, by: datetime, now: datetime) -> tuple[LotBalance, ...]:
    """The lots that will expire after `now` and up to `by`, the first to go first (row B4)."""
    rows = connection.execute(_EXPIRING, {"member_id": member_id, "now": now, "by": by})
    return tuple(_lot(row) for row in rows)


_FIRST_EXPIRING = text("""
    SELECT l.id AS lot_id, a.kind, a.code, a.unit, l.remaining AS amount, l.expires_at
    FROM account a JOIN lot l ON l.account_id = a.id
    WHERE a.member_id = :member_id AND a.kind = :kind AND l.remaining > 0 AND l.expires_at > :now
    ORDER BY l.expires_at, l.id LIMIT 1
""")


def first_expiring(connection: Connection, member_id: int, kind: str, now: datetime) -> LotBalance | None:
    """The lot of that kind that expires first, however late; None when none ever does (row B4)."""
    row = connection.execute(_FIRST_EXPIRING, {"member_id": member_id, "kind": kind, "now": now}).first()
    return None if row is None else _lot(row)


def _lot(row: Row[Any]) -> LotBalance:
    return LotBalance(row.lot_id, row.kind, row.code, row.unit.partition(":")[0], row.amount, row.expires_at)


_STATEMENT = text("""
    SELECT t.id, t.kind, t.occurred_at, t.store_id, t.memo, t.result,
           (SELECT json_agg(json_build_array(a.kind, a.code, a.unit, p.amount) ORDER BY a.kind, a.code)
            FROM posting p JOIN account a ON a.id = p.account_id
            WHERE p.transfer_id = t.id AND a.member_id = :member_id) AS moved
    FROM transfer t
    WHERE t.member_id = :member_id AND t.refused IS NULL
      AND t.occurred_at >= :start AND t.occurred_at < :end
      AND (CAST(:kind AS text) IS NULL OR t.kind = :kind)
      AND (CAST(:before_id AS bigint) IS NULL
           OR t.seq < (SELECT b.seq FROM transfer b WHERE b.id = :before_id AND b.member_id = :member_id))
    ORDER BY t.seq DESC LIMIT :limit
""")


def statement(
    connection: Connection,
    member_id: int,
    *,
    start: datetime,
    end: datetime,
    limit: int = 20,
    before_id: int | None = None,
    kind: str | None = None,
) -> tuple[StatementLine, ...]:
    """A page of what happened from `start` up to but not at `end`, newest first (row A4).

    The next page starts `before_id` the last transfer of this one. `limit` at most 200.
    `kind`: only transfers of this kind, e.g. "top_up".
    """
    bound = {"member_id": member_id, "start": start, "end": end, "before_id": before_id, "kind": kind}
    rows = connection.execute(_STATEMENT, {**bound, "limit": min(limit, MAX_STATEMENT_LINES)})
    return tuple(_line(row) for row in rows)


def _line(row: Row[Any]) -> StatementLine:
    moved = parse_balances({"version": 0, "held": row.moved})
    return StatementLine(
        transfer_id=row.id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        store_id=row.store_id,
        memo=row.memo,
        paid_in_fen=moved.paid_in_fen,
        gift_fen=moved.gift_fen,
        points=moved.points,
        entitlements=tuple(EntitlementBalance(e.code, e.unit, e.amount) for e in moved.entitlements),
        after=parse_balances(row.result),
    )


def transfer_number(transfer_id: int) -> str:
    """The number of a transfer as it stands on a receipt: T000123."""
    return f"T{transfer_id:06d}"
