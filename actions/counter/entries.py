"""What every entry at the counter has: whose card, the book's header, its signed and told end."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from actions import rights
from actions.house import Denied, House
from ledger import book
from ledger.book import Balances, Header
from ledger.records import members, receipts
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import texts, words
from shop.money import format_fen

MAX_MEMO_LENGTH = 200


class Card(Protocol):
    """Of a member, all that an entry needs: whose wallet, and the WeChat account that is told, if any."""

    @property
    def id(self) -> int: ...

    @property
    def openid(self) -> str | None: ...


def member_of(connection: Connection, acting: Staff, member_id: int, shown: str) -> Member | Denied:
    """The member, if this staff member may book for him; `shown`: the word by which he was found."""
    return bookable(acting, members.by_id(connection, member_id), shown)


def bookable(acting: Staff, member: Member | None, shown: str) -> Member | Denied:
    """The same judgement on what was just read of the member: nobody books on his own card."""
    if member is None or member.merged_into is not None:
        return Denied("no_such_word", {"word": shown})
    return Denied("own_card_entry") if is_own(acting, member) else member


def is_own(acting: Staff, member: Card) -> bool:
    """Whether the card is the staff member's own, by the WeChat account."""
    return member.openid is not None and member.openid == acting.openid


def header(
    acting: Staff,
    member_id: int,
    *,
    key: str,
    store_id: str,
    now: datetime,
    occurred_at: datetime | None = None,
    memo: str = "",
) -> Header:
    """The header under which this staff member books; `occurred_at`: when it happened, if not now."""
    return Header(
        key=key,
        store_id=store_id,
        actor=f"staff:{acting.id}",
        member_id=member_id,
        occurred_at=occurred_at or now,
        recorded_at=now,
        memo=memo[:MAX_MEMO_LENGTH],
    )


def finish(
    connection: Connection,
    acting: Staff,
    member: Card,
    entry: Header,
    *,
    what: str,
    transfer_id: int,
    receipt: str,
) -> None:
    """Sign what was booked and queue the member's receipt at once; without WeChat there is nobody to tell.

    Args:
        entry: the header under which it was booked.
        what: of the act; the message is called so with `_receipt` behind it.
        receipt: the words for the member.
    """
    key, now = entry.key, entry.recorded_at
    if member.openid is None:
        rights.sign(connection, acting, what, at=now, key=key, member_id=member.id, transfer_id=transfer_id)
        return
    receipts.write(
        connection,
        staff_id=acting.id,
        store_id=acting.store_id,
        origin=acting.openid or "",
        what=what,
        key=key,
        member_id=member.id,
        transfer_id=transfer_id,
        openid=member.openid,
        kind=f"{what}_receipt",
        text=receipt,
        at=now,
    )


def left_text(house: House, balances: Balances) -> str:
    """What remains on the card, as the end of every receipt says it."""
    shop = house.shop
    lines = [
        texts.say(
            shop,
            "receipt_left",
            total=format_fen(balances.stored_fen),
            paid_in=format_fen(balances.paid_in_fen),
            gift=format_fen(balances.gift_fen),
            points=balances.points,
        )
    ]
    lines += [
        texts.say(
            shop,
            "receipt_pack_left",
            name=pack_name(house, left.code),
            left=f"{left.amount} {unit(left.unit)}",
        )
        for left in balances.entitlements
    ]
    if balances.debt_fen:
        lines.append(texts.say(shop, "receipt_owed", owed=format_fen(balances.debt_fen)))
    if balances.debt_points:
        lines.append(texts.say(shop, "receipt_owed", owed=f"{balances.debt_points} 积分"))
    return "\n".join(lines)


def foot_text(house: House, *, store_id: str, transfer_id: int, at: datetime) -> str:
    """Where, when and under which number: the last line of a receipt."""
    return texts.say(
        house.shop,
        "receipt_foot",
        store=store_name(house, store_id),
        time=words.moment(at, house.shop.zone),
        number=book.transfer_number(transfer_id),
    )


UNITS = {"times": "次", "minutes": "分钟", "lessons": "节"}


def unit(name: str) -> str:
    """次, 分钟, 节."""
    return UNITS.get(name, name)


def pack_name(house: House, code: str) -> str:
    """The pack's name; its id when the shop no longer has it."""
    return next((pack.name for pack in house.shop.packs if pack.id == code), code)


def store_name(house: House, store_id: str) -> str:
    return next((store.name for store in house.shop.stores if store.id == store_id), store_id)


def method_name(house: House, method_id: str) -> str:
    return next((method.name for method in house.shop.payment_methods if method.id == method_id), method_id)


def amount_text(house: House, kind: str, code: str, unit_name: str, amount: int) -> str:
    """赠送金 ¥30.00, 300 积分, 肩颈十次卡 2 次; without the sign."""
    size = abs(amount)
    if kind == "entitlement" or (kind == "debt" and unit_name not in ("fen", "points")):
        return f"{pack_name(house, code)} {size} {unit(unit_name.partition(':')[0])}"
    name = texts.say(house.shop, f"account_{kind}")
    if unit_name == "points":
        return f"{size} 积分" if kind == "points" else f"{name} {size} 积分"
    return f"{name} {format_fen(size)}"


def moved_text(house: House, kind: str, code: str, unit_name: str, amount: int) -> str:
    """+本金 ¥500.00, -300 积分."""
    return f"{'+' if amount > 0 else '-'}{amount_text(house, kind, code, unit_name, amount)}"
