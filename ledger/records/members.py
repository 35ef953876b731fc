"""Members, and which WeChat user is which member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, LiteralString

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ledger.book.driver import call
from ledger.book.reads import open_wallet
from ledger.records.sql import sql

Gender = Literal["female", "male"]
UNNAMED = "会员"  # the name of who has not told one


@dataclass(frozen=True)
class Member:
    """A member of the shop. `openid` is the active binding; `following`: that contact follows now."""

    id: int
    name: str
    phone: str | None
    phone_proven: bool
    birthday: date | None
    gender: Gender | None
    home_store_id: str
    level: str
    joined_at: datetime
    muted: bool
    merged_into: int | None
    openid: str | None
    following: bool


class PhoneTaken(Exception):  # noqa: N818
    """Another member has this phone number."""


MEMBER_COLUMNS: LiteralString = """m.id, m.name, m.phone, m.phone_proven, m.birthday, m.gender,
    m.home_store_id, m.level, m.joined_at, m.muted, m.merged_into, b.openid, coalesce(c.following, false)"""
_SELECT: LiteralString = (
    "SELECT "  # noqa: S608 - the texts are ours
    + MEMBER_COLUMNS
    + """ FROM member m
    LEFT JOIN binding b ON b.member_id = m.id AND b.unbound_at IS NULL
    LEFT JOIN contact c ON c.openid = b.openid
"""
)


def create(
    connection: Connection,
    *,
    name: str,
    home_store_id: str,
    level: str,
    joined_at: datetime,
    phone: str | None = None,
    phone_proven: bool = False,
    birthday: date | None = None,
    gender: Gender | None = None,
) -> int:
    """A new member with an empty wallet; returns the id.

    Raises:
        PhoneTaken: another member has `phone` (the transaction stays usable).
    """
    values = {
        "name": name,
        "phone": phone,
        "phone_proven": phone_proven,
        "birthday": birthday,
        "gender": gender,
        "home_store_id": home_store_id,
        "level": level,
        "joined_at": joined_at,
    }
    member_id = connection.execute(
        sql("""
            INSERT INTO member (name, phone, phone_proven, birthday, gender, home_store_id, level, joined_at)
            VALUES (:name, :phone, :phone_proven, :birthday, :gender, :home_store_id, :level, :joined_at)
            ON CONFLICT (phone) WHERE phone IS NOT NULL AND merged_into IS NULL DO NOTHING RETURNING id
        """),
        values,
    ).scalar_one_or_none()
    if member_id is None:
        raise PhoneTaken
    open_wallet(connection, member_id)
    return int(member_id)


def by_id(connection: Connection, member_id: int) -> Member | None:
    return _one(connection, "WHERE m.id = %s", member_id)


def by_openid(connection: Connection, openid: str) -> Member | None:
    """The member bound to this WeChat user now."""
    return _one(connection, "WHERE b.openid = %s", openid)


def by_phone(connection: Connection, phone: str) -> Member | None:
    """The member with this number, proven or entered by staff; merged members do not count."""
    return _one(connection, "WHERE m.phone = %s AND m.merged_into IS NULL", phone)


def bind(connection: Connection, *, member_id: int, openid: str, at: datetime) -> bool:
    """Bind a WeChat user to a member; False when either is bound elsewhere. Binding again changes nothing."""
    done = connection.execute(
        sql("""
            INSERT INTO binding (openid, member_id, bound_at) VALUES (:openid, :member_id, :at)
            ON CONFLICT DO NOTHING RETURNING id
        """),
        {"openid": openid, "member_id": member_id, "at": at},
    ).scalar_one_or_none()
    if done is not None:
        return True
    bound = by_openid(connection, openid)
    return bound is not None and bound.id == member_id


def was_bound(connection: Connection, member_id: int) -> bool:
    """Whether any WeChat user is or was bound to the member."""
    query = sql("SELECT EXISTS (SELECT FROM binding WHERE member_id = :member_id)")
    return bool(connection.execute(query, {"member_id": member_id}).scalar_one())


def unbind(connection: Connection, *, openid: str, at: datetime) -> bool:
    """End the binding of a WeChat user; its row stays as history. False when there was none."""
    done = connection.execute(
        sql("UPDATE binding SET unbound_at = :at WHERE openid = :openid AND unbound_at IS NULL"),
        {"openid": openid, "at": at},
    )
    return done.rowcount == 1


def rename(connection: Connection, member_id: int, name: str) -> None:
    _set(connection, member_id, "name = :value", name)


def set_phone(connection: Connection, member_id: int, phone: str, *, proven: bool) -> None:
    """Raises PhoneTaken when another member has it (the transaction stays usable)."""
    try:
        with connection.begin_nested():
            connection.execute(
                sql("UPDATE member SET phone = :phone, phone_proven = :proven WHERE id = :id"),
                {"phone": phone, "proven": proven, "id": member_id},
            )
    except IntegrityError as error:
        if "member_phone" in str(error.orig):
            raise PhoneTaken from error
        raise


def set_birthday(connection: Connection, member_id: int, birthday: date | None) -> None:
    _set(connection, member_id, "birthday = :value", birthday)


def set_gender(connection: Connection, member_id: int, gender: Gender | None) -> None:
    _set(connection, member_id, "gender = :value", gender)


def set_level(connection: Connection, member_id: int, level: str) -> None:
    _set(connection, member_id, "level = :value", level)


def set_muted(connection: Connection, member_id: int, *, muted: bool) -> None:
    """Opt out of (or into) reminders and campaigns."""
    _set(connection, member_id, "muted = :value", muted)


def _set(connection: Connection, member_id: int, assignment: str, value: object) -> None:
    # `assignment` is one of the fixed texts above, never input.
    statement = sql(f"UPDATE member SET {assignment} WHERE id = :id")  # noqa: S608
    if connection.execute(statement, {"value": value, "id": member_id}).rowcount != 1:
        raise LookupError(f"no member {member_id}")


def _one(connection: Connection, condition: LiteralString, value: object) -> Member | None:
    row = call(connection, _SELECT + condition, (value,))
    return None if row is None else Member(*row)
