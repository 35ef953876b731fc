"""How a phone is proved: a short code, kept as a hash, with few tries (design §5).

It comes by short message to the phone, or is read out by staff who see its owner.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger.records import phone_codes

CODE_LENGTH = 6
LIFETIME_MINUTES = 10


def at_counter(phone: str) -> str:
    """Whom a code read out by staff belongs to: whoever the phone's owner is, hence no WeChat account yet."""
    return f"counter:{phone}"


def code_hash(phone: str, code: str) -> str:
    return hashlib.sha256(f"{phone}:{code}".encode()).hexdigest()


def send_by_sms(house: House, *, openid: str, phone: str) -> Denied | None:
    """Send a code to the phone; the same with and without a card, so that nothing is learnt by asking.

    Denied: too many were asked for by this account or for this number, or the provider did not take it.
    """
    if house.send_code is None:
        return Denied("sms_off")
    code, now = house.random_digits(CODE_LENGTH), house.clock()
    with house.engine.begin() as connection:
        number = phone_codes.issue(
            connection,
            openid=openid,
            phone=phone,
            code_hash=code_hash(phone, code),
            issued_by="sms",
            created_at=now,
            expires_at=now + timedelta(minutes=LIFETIME_MINUTES),
        )
    if number is None:
        return Denied("too_many_codes")
    return None if house.send_code(phone, code, f"code-{number}") else Denied("sms_failed")


def is_proved(connection: Connection, house: House, *, openid: str, phone: str, code: str) -> bool:
    """Whether the code is the one that was sent to this account, or read out at the counter; uses it up."""
    return any(
        phone_codes.check(
            connection, openid=whose, phone=phone, code_hash=code_hash(phone, code), now=house.clock()
        )
        == "right"
        for whose in (openid, at_counter(phone))
    )
