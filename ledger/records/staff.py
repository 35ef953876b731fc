"""Staff and the one-time invitations by which a WeChat user becomes staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.book.driver import call
from ledger.records.sql import sql

Role = Literal["cashier", "manager", "head_office", "owner"]


@dataclass(frozen=True)
class Staff:
    """One of the shop's people; `store_id` None means every store."""

    id: int
    name: str
    role: Role
    store_id: str | None
    active: bool
    openid: str | None


_COLUMNS = "id, name, role, store_id, active, openid"


def create(
    connection: Connection,
    *,
    name: str,
    role: Role,
    store_id: str | None,
    created_at: datetime,
    openid: str | None = None,
) -> int:
    return int(
        connection.execute(
            sql("""
                INSERT INTO staff (name, role, store_id, openid, created_at)
                VALUES (:name, :role, :store_id, :openid, :created_at) RETURNING id
            """),
            {"name": name, "role": role, "store_id": store_id, "openid": openid, "created_at": created_at},
        ).scalar_one()
    )


def by_id(connection: Connection, staff_id: int) -> Staff | None:
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM staff WHERE id = :id"),  # noqa: S608
        {"id": staff_id},
    ).one_or_none()
    return None if row is None else _staff(row)


def by_openid(connection: Connection, openid: str) -> Staff | None:
    """The active staff member behind a WeChat user."""
    row = call(
        connection,
        "SELECT id, name, role, store_id, active, openid FROM staff WHERE openid = %s AND active",
        (openid,),
    )
    return None if row is None else Staff(*row)


def everyone(connection: Connection) -> tuple[Staff, ...]:
    rows = connection.execute(sql(f"SELECT {_COLUMNS} FROM staff WHERE active ORDER BY id"))  # noqa: S608
    return tuple(_staff(row) for row in rows)


def dismiss(connection: Connection, staff_id: int) -> bool:
    """End a staff member's rights at once; False when there was nobody active with this id."""
    done = connection.execute(
        sql("UPDATE staff SET active = false WHERE id = :id AND active"), {"id": staff_id}
    )
    return done.rowcount == 1


def invite(
    connection: Connection,
    *,
    code_hash: str,
    role: Role,
    store_id: str | None,
    name: str,
    expires_at: datetime,
    created_by: str,
    created_at: datetime,
) -> int:
    """Keep an invitation; only the hash of its code is stored. Returns the invitation's id."""
    return int(
        connection.execute(
            sql("""
                INSERT INTO staff_invitation
                    (code_hash, role, store_id, name, created_by, created_at, expires_at)
                VALUES (:code_hash, :role, :store_id, :name, :created_by, :created_at, :expires_at)
                RETURNING id
            """),
            {
                "code_hash": code_hash,
                "role": role,
                "store_id": store_id,
                "name": name,
                "expires_at": expires_at,
                "created_by": created_by,
                "created_at": created_at,
            },
        ).scalar_one()
    )


def accept(connection: Connection, *, code_hash: str, openid: str, now: datetime) -> Staff | None:
    """Use an invitation once: the WeChat user becomes this staff member. None: unknown, used or expired.

    A user who was staff before takes the new role; the old record is dismissed.
    """
    invitation = connection.execute(
        sql("""
            UPDATE staff_invitation SET accepted_at = :now
            WHERE code_hash = :code_hash AND accepted_at IS NULL AND expires_at > :now
            RETURNING id, role, store_id, name
        """),
        {"code_hash": code_hash, "now": now},
    ).one_or_none()
    if invitation is None:
        return None
    connection.execute(
        sql("UPDATE staff SET active = false WHERE openid = :openid AND active"), {"openid": openid}
    )
    staff_id = create(
        connection,
        name=invitation.name,
        role=invitation.role,
        store_id=invitation.store_id,
        created_at=now,
        openid=openid,
    )
    connection.execute(
        sql("UPDATE staff_invitation SET staff_id = :staff_id WHERE id = :id"),
        {"staff_id": staff_id, "id": invitation.id},
    )
    return by_id(connection, staff_id)


def _staff(row: Row[Any]) -> Staff:
    return Staff(row.id, row.name, row.role, row.store_id, row.active, row.openid)
