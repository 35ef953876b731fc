"""Codes that a member shows at the counter: the pay code, once and for a minute; the member code (row A9)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import Denied, House
from actions.loyalty import pictures
from ledger.records import codes, members
from ledger.records.pictures import Picture
from shop import texts

PAY_CODE_LENGTH = 16
LIFETIME_SECONDS = 60
PAY_CODE = re.compile(r"\d{16}")
TRIES = 5  # a code is free at the first try in all but one of thousands of millions


@dataclass(frozen=True)
class PayCode:
    """A code that names its member to the counter, once, until `expires_at`."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class MemberCode:
    """The member's number; it finds the card and pays nothing."""

    number: int


def issue(house: House, *, openid: str, key: str) -> PayCode | Denied:
    """A new pay code; the member's older ones end. Its picture follows, unless `key` has had one."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        made = _issue(house, connection, member.id, now)
        if made is None:
            return Denied("pay_code_none")
        text = texts.say(house.shop, "pay_code_picture", code=shown(made.code))
        picture = Picture("pay_code", made.code)
        pictures.queue(house, connection, member, picture, key=f"pay_code:{key}", text=text, now=now)
        return made


def _issue(house: House, connection: Connection, member_id: int, now: datetime) -> PayCode | None:
    expires_at = now + timedelta(seconds=LIFETIME_SECONDS)
    for _ in range(TRIES):
        code = house.random_digits(PAY_CODE_LENGTH)
        if codes.issue_pay_code(
            connection, code_hash=_hash(code), member_id=member_id, now=now, expires_at=expires_at
        ):
            return PayCode(code, expires_at)
    return None


def show_member_code(house: House, *, openid: str, key: str) -> MemberCode | Denied:
    """The member's number as a picture; for finding the card, not for paying."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        text = texts.say(house.shop, "member_code_picture", number=member.id)
        picture = Picture("member_code", str(member.id))
        pictures.queue(house, connection, member, picture, key=f"member_code:{key}", text=text, now=now)
        return MemberCode(member.id)


def redeem_code(
    connection: Connection, code: str, now: datetime, *, staff_id: int | None = None
) -> int | None:
    """The member whose pay code this is, used up with that; None: wrong, used before, or too old.

    One statement decides, so of two counters one gets it. Call it in the transaction that reads the card.
    """
    if not PAY_CODE.fullmatch(code):
        return None
    return codes.use_pay_code(connection, code_hash=_hash(code), now=now, staff_id=staff_id)


def read_code(house: House, connection: Connection, word: str) -> int | Denied | None:
    """For `actions.counter.desk.CODE_READERS`: a pay code's member; None for what is none at all."""
    if not PAY_CODE.fullmatch(word):
        return None
    found = redeem_code(connection, word, house.clock())
    return Denied("pay_code_over") if found is None else found


def sweep(house: House) -> int:
    """Forget the codes that ended a day ago; for the nightly job."""
    with house.engine.begin() as connection:
        return codes.sweep_pay_codes(connection, now=house.clock())


def shown(code: str) -> str:
    """In fours, as it is read aloud: 1234 5678 9012 3456."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _hash(code: str) -> str:
    return hashlib.sha256(f"pay_code:{code}".encode()).hexdigest()
