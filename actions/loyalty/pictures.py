"""Pictures for members, queued in the action's own transaction; they are drawn when they are sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from actions.house import House
from ledger.records import pictures
from ledger.records.members import Member
from ledger.records.pictures import Picture
from ledger.records.vouchers import Voucher
from shop import texts, voucher_codes


def queue(
    house: House,
    connection: Connection,
    member: Member,
    picture: Picture,
    *,
    key: str,
    text: str,
    now: datetime,
) -> bool:
    """Queue one picture for the member's WeChat; False when none is bound to the card."""
    if member.openid is None:
        return False
    message_id = pictures.enqueue(
        connection, picture, key=key, openid=member.openid, member_id=member.id, text=text, now=now
    )
    if message_id is not None:
        house.defer_message(connection, message_id, now)
    return True


def queue_voucher(
    house: House,
    connection: Connection,
    member: Member,
    voucher: Voucher,
    now: datetime,
    *,
    key: str | None = None,
) -> None:
    """The voucher's QR code, with its code in words."""
    queue(
        house,
        connection,
        member,
        Picture("voucher", voucher.code),
        key=key or f"voucher:{voucher.id}",
        text=texts.say(
            house.shop, "voucher_picture", name=voucher.name, code=voucher_codes.shown(voucher.code)
        ),
        now=now,
    )
