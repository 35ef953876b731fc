"""A top-up chosen in the chat gets a short code that the cashier calls up: 充值 #K7P2 微信 (feature A5)."""

from __future__ import annotations

from datetime import timedelta

from actions import rights
from actions.house import Denied, House
from ledger.records import members, top_up_orders
from ledger.records.top_up_orders import TopUpOrder
from shop import voucher_codes
from shop.money import format_fen

LIFETIME = timedelta(hours=24)
CODE_LENGTH = 4
TRIES = 20


def place(house: House, *, openid: str, amount_fen: int) -> TopUpOrder | Denied:
    """An order of the card bound to this account, in the place of an older one. It books nothing."""
    rules = house.shop.top_up
    if not rules.minimum_fen <= amount_fen <= rules.maximum_fen:
        return Denied("top_up_too_large", {"limit": format_fen(rules.maximum_fen)})
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        for _ in range(TRIES):
            digits = house.random_digits(voucher_codes.DIGITS_NEEDED)
            order = TopUpOrder(
                voucher_codes.make(digits)[:CODE_LENGTH], member.id, amount_fen, now + LIFETIME
            )
            if top_up_orders.place(
                connection,
                code=order.code,
                member_id=member.id,
                amount_fen=amount_fen,
                at=now,
                expires_at=order.expires_at,
            ):
                return order
    raise RuntimeError(f"no free code in {TRIES} tries")


def call_up(house: House, *, staff_openid: str, code: str) -> TopUpOrder | Denied:
    """The open order of that code, for staff."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        order = top_up_orders.open_by_code(connection, code.upper(), now=house.clock())
        return order or Denied("top_up_order_unknown", {"code": code.upper()})


def end(house: House, *, member_id: int) -> None:
    """The member has topped up: his order is done."""
    with house.engine.begin() as connection:
        top_up_orders.end_of(connection, member_id, at=house.clock())
