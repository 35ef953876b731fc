"""What the counter's conversations share: money on a card, coupons in a hand, numbers of entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, Stage

from actions.counter import desk
from actions.house import Denied
from bot.conversation.steps import STEPS
from bot.conversation.turn import Bot
from ledger import book
from ledger.book import Balances, transfer_number
from ledger.records import coupons, members, messages
from ledger.records.members import Member
from shop import coupons as coupon_rules
from shop.model import CouponKind, Shop


def use_shop(stage: Stage, shop: Shop) -> None:
    """Play the rest of the scene with another shop.yml."""
    stage.house = replace(stage.house, shop=shop)
    stage.bot = Bot(stage.house, stage.bot._nlu, stage.memory, STEPS, stage.inbox.keep)


def lin(stage: Stage, phone: str = LIN_PHONE) -> Member:
    with stage.engine.connect() as connection:
        member = members.by_phone(connection, phone)
    assert member is not None
    return member


def held(stage: Stage, phone: str = LIN_PHONE) -> Balances:
    member = lin(stage, phone)
    with stage.engine.connect() as connection:
        return book.balances(connection, member.id, now=stage.now)


def receipts(stage: Stage, openid: str = LIN) -> list[str]:
    """The receipts that a member got, oldest first; what else was sent to him is not among them."""
    with stage.engine.connect() as connection:
        found = sorted(messages.of_openid(connection, openid), key=lambda message: message.id)
        return [message.text for message in found if message.kind.endswith("_receipt")]


def top_up(stage: Stage, yuan: int, by: str = CASHIER, phone: str = LIN_PHONE, method: str = "微信") -> str:
    """Money on the card by the real command; the number of the entry."""
    stage.play(by, [(f"充值 {phone} {yuan} {method}", "请核对"), ("1", "已入账")])
    return last_number(stage)


def last_number(stage: Stage) -> str:
    with stage.engine.connect() as connection:
        found = connection.execute(text("SELECT max(id) FROM transfer WHERE refused IS NULL")).scalar_one()
    return transfer_number(found)


def give_coupon(
    stage: Stage, *, days: int = 30, phone: str = LIN_PHONE, of: str | None = None, **fields: object
) -> int:
    """A coupon in the member's hand: by default 30 yuan off over 100. `of`: the entry that gave it."""
    values = {
        "id": "off30",
        "name": "满100减30",
        "kind": "amount",
        "off": "30",
        "over": "100",
        "valid_days": days,
    }
    kind = CouponKind.model_validate({**values, **fields})
    member = lin(stage, phone)
    with stage.engine.begin() as connection:
        made = coupons.issue(
            connection,
            member_id=member.id,
            kind_id=kind.id,
            content=coupon_rules.content(kind),
            count=1,
            source_key=f"test:{kind.id}:{stage.now.isoformat()}:{stage.count('coupon')}",
            at=stage.now,
            expires_at=stage.now + timedelta(days=days),
            store_id="guomao",
            source_transfer_id=int(of[1:]) if of else None,
        )
    assert isinstance(made, tuple)
    return made[0]


def coupon_state(stage: Stage, coupon_id: int) -> str:
    with stage.engine.connect() as connection:
        found = connection.execute(text("SELECT state FROM coupon WHERE id = :id"), {"id": coupon_id})
        return str(found.scalar_one())


def open_card(stage: Stage, phone: str, name: str) -> int:
    made = desk.register(stage.house, staff_openid=MANAGER, phone=phone, name=name)
    assert not isinstance(made, Denied)
    return made.member_id
