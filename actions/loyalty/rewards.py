"""Points redeemed for goods, services and money off; the voucher that is fetched once (features A6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from actions.house import Denied, House
from actions.loyalty import pictures
from ledger import book
from ledger.book import Header, Refused
from ledger.records import members, vouchers
from ledger.records.members import Member
from ledger.records.vouchers import Voucher
from shop import points as points_rules
from shop import texts, voucher_codes, words
from shop.model import Reward, UnknownIdError

CODE_TRIES = 5  # a free code is found at the first in all but one of thousands of millions


@dataclass(frozen=True)
class RedeemQuote:
    """What will be redeemed if the member says yes, bound to the state of his wallet.

    `gift_fen` is what goes onto the card at once, for money off that the shop gives so; else there will be a
    voucher, good through `valid_days`.
    """

    reward_id: str
    name: str
    quantity: int
    points: int
    points_after: int
    valid_days: int
    gift_fen: int
    wallet_version: int


@dataclass(frozen=True)
class Redeemed:
    """The points are spent; `voucher` None when the value went onto the card (`quote.gift_fen`)."""

    transfer_id: int
    quote: RedeemQuote
    voucher: Voucher | None
    points_left: int
    replayed: bool


@dataclass(frozen=True)
class RedeemChanged:
    """The card moved after the quote: here is the new one, nothing was booked."""

    quote: RedeemQuote


def quote(house: House, *, openid: str, reward_id: str, quantity: int = 1) -> RedeemQuote | Denied:
    """What `quantity` of a reward costs the member behind this account. Changes nothing."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        return _quote(house, connection, member, reward_id, quantity)


def redeem(house: House, *, openid: str, quote: RedeemQuote, key: str) -> Redeemed | RedeemChanged | Denied:
    """Spend the quoted points and make the voucher, in one transaction.

    Args:
        key: idempotency key of the quote; the same quote confirmed twice is redeemed once.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        reward = _reward(house, quote.reward_id)
        if isinstance(reward, Denied):
            return reward
        outcome = _spend(house, connection, member, quote, key, now)
        if isinstance(outcome, Refused):
            if outcome.code != "changed":
                return Denied("redeem_" + outcome.code)
            fresh = _quote(house, connection, member, quote.reward_id, quote.quantity)
            return fresh if isinstance(fresh, Denied) else RedeemChanged(fresh)
        made = vouchers.by_transfer(connection, outcome.transfer_id)
        if made is None and not outcome.replayed and not quote.gift_fen:
            made = _issue(house, connection, member, reward, quote, outcome.transfer_id, now)
            pictures.queue_voucher(house, connection, member, made, now)
        return Redeemed(outcome.transfer_id, quote, made, outcome.balances.points, outcome.replayed)


def open_vouchers(house: House, *, openid: str) -> tuple[Voucher, ...] | Denied:
    """What the member behind this account can still fetch, the first to expire first."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        return vouchers.open_of(connection, member.id, now=house.clock())


def show_voucher(house: House, *, openid: str, voucher_id: int, key: str) -> bool:
    """Send the member the picture of his open voucher once more; False when it is none of his."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return False
        found = [v for v in vouchers.open_of(connection, member.id, now=now) if v.id == voucher_id]
        for voucher in found:
            pictures.queue_voucher(house, connection, member, voucher, now, key=f"picture:{key}")
        return bool(found)


def _quote(
    house: House, connection: Connection, member: Member, reward_id: str, quantity: int
) -> RedeemQuote | Denied:
    reward = _reward(house, reward_id)
    if isinstance(reward, Denied):
        return reward
    if not 1 <= quantity <= reward.max_quantity:
        return Denied("redeem_quantity", {"name": reward.name, "limit": reward.max_quantity})
    balances = book.balances(connection, member.id, now=house.clock())
    points = reward.points * quantity
    if balances.points < points:
        missing = points - balances.points
        detail = {"name": reward.name, "points": points, "have": balances.points, "missing": missing}
        return Denied("redeem_short", detail)
    onto_card = reward.kind == "cash" and reward.cash_as == "gift_money"
    return RedeemQuote(
        reward_id=reward.id,
        name=reward.name,
        quantity=quantity,
        points=points,
        points_after=balances.points - points,
        valid_days=reward.valid_days,
        gift_fen=(reward.value_fen or 0) * quantity if onto_card else 0,
        wallet_version=balances.version,
    )


def _reward(house: House, reward_id: str) -> Reward | Denied:
    try:
        return house.shop.reward(reward_id)
    except UnknownIdError:
        return Denied("redeem_unknown")


def _spend(
    house: House, connection: Connection, member: Member, quote: RedeemQuote, key: str, now: datetime
) -> book.Outcome:
    header = Header(
        key=key,
        store_id=home_store(house, member),
        actor=f"member:{member.id}",
        member_id=member.id,
        occurred_at=now,
        recorded_at=now,
        memo=quote.name if quote.quantity == 1 else f"{quote.name} × {quote.quantity}",
    )
    return book.spend_points(
        connection,
        header,
        points=quote.points,
        reward_id=quote.reward_id,
        gift_fen=quote.gift_fen,
        gift_expires_at=points_rules.gift_expires_at(house.shop, now) if quote.gift_fen else None,
        expected_version=quote.wallet_version,
    )


def _issue(
    house: House,
    connection: Connection,
    member: Member,
    reward: Reward,
    quote: RedeemQuote,
    transfer_id: int,
    now: datetime,
) -> Voucher:
    """The voucher with a code nobody can guess."""
    for _ in range(CODE_TRIES):
        made = vouchers.create(
            connection,
            code=voucher_codes.make(house.random_digits(voucher_codes.DIGITS_NEEDED)),
            member_id=member.id,
            transfer_id=transfer_id,
            reward_id=reward.id,
            name=reward.name,
            kind=reward.kind,
            item_id=reward.item,
            value_fen=reward.value_fen * quote.quantity if reward.value_fen else None,
            quantity=quote.quantity,
            points=quote.points,
            gives_back=reward.refund_on_expiry,
            issued_at=now,
            expires_at=end_of_day(house, now, quote.valid_days),
        )
        if made is not None:
            return made
    raise RuntimeError("no free voucher code was found")


def home_store(house: House, member: Member) -> str:
    """The store a member's own entries are booked at; the first when his is no more."""
    known = {store.id for store in house.shop.stores}
    return member.home_store_id if member.home_store_id in known else house.shop.stores[0].id


def end_of_day(house: House, now: datetime, days: int) -> datetime:
    """The end of the day so many days from now, in the shop's zone: the first moment that is too late."""
    zone = house.shop.zone
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days + 1), time.min, zone)


def last_day(house: House, voucher: Voucher) -> str:
    """The last day on which a voucher is good, in words."""
    last = voucher.expires_at.astimezone(house.shop.zone) - timedelta(seconds=1)
    return words.day_text(last.date())


def content_text(house: House, voucher: Voucher) -> str:
    """What the voucher is for: 修眉一次 × 2."""
    if voucher.quantity == 1:
        return voucher.name
    return texts.say(house.shop, "voucher_many", name=voucher.name, quantity=voucher.quantity)
