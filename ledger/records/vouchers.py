"""Vouchers: what a member got for points and fetches at the counter, once (row A6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.records.sql import sql

VoucherState = Literal["open", "used", "expired", "cancelled"]


@dataclass(frozen=True)
class Voucher:
    """One voucher as it stands; content and dates are as promised when it was redeemed.

    Attributes:
        transfer_id: the points spent, in the book.
        value_fen: money off, of the whole voucher, for kind "cash".
        gives_back: the points come back when it expires unused.
        ended_at: when it was used, expired or cancelled.
    """

    id: int
    code: str
    member_id: int
    transfer_id: int
    reward_id: str
    name: str
    kind: str
    item_id: str | None
    value_fen: int | None
    quantity: int
    points: int
    gives_back: bool
    state: VoucherState
    issued_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    used_store: str | None
    used_key: str | None


_COLUMNS = """id, code, member_id, transfer_id, reward_id, name, kind, item_id, value_fen, quantity, points,
    gives_back, state, issued_at, expires_at, ended_at, used_store, used_key"""


def create(
    connection: Connection,
    *,
    code: str,
    member_id: int,
    transfer_id: int,
    reward_id: str,
    name: str,
    kind: str,
    item_id: str | None,
    value_fen: int | None,
    quantity: int,
    points: int,
    gives_back: bool,
    issued_at: datetime,
    expires_at: datetime,
) -> Voucher | None:
    """A new open voucher; None when the code is taken."""
    row = connection.execute(
        sql(f"""
            INSERT INTO voucher (code, member_id, transfer_id, reward_id, name, kind, item_id, value_fen,
                                 quantity, points, gives_back, issued_at, expires_at)
            VALUES (:code, :member_id, :transfer_id, :reward_id, :name, :kind, :item_id, :value_fen,
                    :quantity, :points, :gives_back, :issued_at, :expires_at)
            ON CONFLICT (code) DO NOTHING RETURNING {_COLUMNS}
        """),  # noqa: S608 - the texts are ours
        {
            "code": code,
            "member_id": member_id,
            "transfer_id": transfer_id,
            "reward_id": reward_id,
            "name": name,
            "kind": kind,
            "item_id": item_id,
            "value_fen": value_fen,
            "quantity": quantity,
            "points": points,
            "gives_back": gives_back,
            "issued_at": issued_at,
            "expires_at": expires_at,
        },
    ).one_or_none()
    if row is None:
        return None
    made = _voucher(row)
    _note(connection, made.id, "issued", issued_at, f"member:{member_id}", transfer_id)
    return made


def by_code(connection: Connection, code: str) -> Voucher | None:
    return _one(connection, "code = :value", code)


def by_transfer(connection: Connection, transfer_id: int) -> Voucher | None:
    """The voucher that these points bought."""
    return _one(connection, "transfer_id = :value", transfer_id)


def open_of(connection: Connection, member_id: int, *, now: datetime, limit: int = 20) -> tuple[Voucher, ...]:
    """What the member can still fetch, the first to expire first."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM voucher
            WHERE member_id = :member_id AND state = 'open' AND expires_at > :now
            ORDER BY expires_at, id LIMIT :limit
        """),  # noqa: S608
        {"member_id": member_id, "now": now, "limit": limit},
    )
    return tuple(_voucher(row) for row in rows)


def use(
    connection: Connection, voucher_id: int, *, staff_id: int, store_id: str, key: str, now: datetime
) -> Voucher | None:
    """Use an open voucher, once: of two stores in the same second one gets it, the other None."""
    row = connection.execute(
        sql(f"""
            UPDATE voucher SET state = 'used', ended_at = :now, used_by = :staff_id, used_store = :store_id,
                used_key = :key
            WHERE id = :id AND state = 'open' AND expires_at > :now RETURNING {_COLUMNS}
        """),  # noqa: S608
        {"id": voucher_id, "staff_id": staff_id, "store_id": store_id, "key": key, "now": now},
    ).one_or_none()
    if row is None:
        return None
    _note(connection, voucher_id, "used", now, f"staff:{staff_id}", None)
    return _voucher(row)


def end(
    connection: Connection,
    voucher_id: int,
    state: Literal["expired", "cancelled"],
    *,
    actor: str,
    now: datetime,
    transfer_id: int | None = None,
) -> bool:
    """End an open voucher unused; False when it was open no more.

    Args:
        transfer_id: by which the points came back.
    """
    done = connection.execute(
        sql("UPDATE voucher SET state = :state, ended_at = :now WHERE id = :id AND state = 'open'"),
        {"id": voucher_id, "state": state, "now": now},
    )
    if done.rowcount != 1:
        return False
    _note(connection, voucher_id, state, now, actor, transfer_id)
    return True


def move(connection: Connection, *, from_member_id: int, into_member_id: int) -> int:
    """Two cards become one: its vouchers go along; how many."""
    done = connection.execute(
        sql("UPDATE voucher SET member_id = :into WHERE member_id = :from_id"),
        {"into": into_member_id, "from_id": from_member_id},
    )
    return done.rowcount


def due(connection: Connection, *, now: datetime, limit: int = 200) -> tuple[Voucher, ...]:
    """Open vouchers whose time is over."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM voucher WHERE state = 'open' AND expires_at <= :now
            ORDER BY expires_at, id LIMIT :limit
        """),  # noqa: S608
        {"now": now, "limit": limit},
    )
    return tuple(_voucher(row) for row in rows)


def _note(
    connection: Connection, voucher_id: int, what: str, at: datetime, actor: str, transfer_id: int | None
) -> None:
    connection.execute(
        sql("""
            INSERT INTO voucher_event (voucher_id, what, at, actor, transfer_id)
            VALUES (:voucher_id, :what, :at, :actor, :transfer_id)
        """),
        {"voucher_id": voucher_id, "what": what, "at": at, "actor": actor, "transfer_id": transfer_id},
    )


def _one(connection: Connection, condition: str, value: object) -> Voucher | None:
    # `condition` is one of the fixed texts above, never input.
    statement = sql(f"SELECT {_COLUMNS} FROM voucher WHERE {condition}")  # noqa: S608
    row = connection.execute(statement, {"value": value}).one_or_none()
    return None if row is None else _voucher(row)


def _voucher(row: Row[Any]) -> Voucher:
    return Voucher(**row._mapping)
