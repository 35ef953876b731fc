"""Coupons: a member reads his own, staff give one, other actions give and use them (row D2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from actions import notices, rights
from actions.house import Denied, House
from ledger.records import coupons, members
from ledger.records.coupons import Limits, Lost, OverLimit, Used
from ledger.records.members import Member
from shop import coupons as rules
from shop import days, texts
from shop.model import CouponKind, Shop
from shop.quote_types import HeldCoupon

MAX_BY_STAFF = 20
MAX_ROUNDS = 100_000  # of 500 coupons each: an end to a loop gone wrong
ISSUERS = frozenset({"manager", "head_office", "owner"})
_LIMIT_TEXTS = {
    "held_at_once": "coupon_limit_held",
    "in_total": "coupon_limit_total",
    "per_month": "coupon_limit_month",
}


@dataclass(frozen=True)
class CouponGroup:
    """Coupons of one kind with one expiry, as a member reads them."""

    kind: CouponKind
    expires_at: datetime
    count: int


@dataclass(frozen=True)
class MyCoupons:
    """What a member has, the first to expire in front."""

    member: Member
    groups: tuple[CouponGroup, ...]
    now: datetime

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)


def my_coupons(house: House, *, openid: str) -> MyCoupons | Denied:
    """The coupons of the card bound to this WeChat account; nobody reads another's."""
    now = house.clock()
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        return MyCoupons(member, _grouped(held(connection, member.id, now)), now)


def _grouped(coupons_held: Sequence[HeldCoupon]) -> tuple[CouponGroup, ...]:
    counts: dict[tuple[CouponKind, datetime], int] = {}
    for coupon in coupons_held:
        what = (coupon.kind, coupon.expires_at)
        counts[what] = counts.get(what, 0) + 1
    return tuple(CouponGroup(kind, expires_at, count) for (kind, expires_at), count in counts.items())


def held(connection: Connection, member_id: int, now: datetime) -> tuple[HeldCoupon, ...]:
    """What the member is free to use now, for a quote or a top-up; first to expire first."""
    return tuple(
        HeldCoupon(each.id, rules.of_content(each.content), each.expires_at)
        for each in coupons.held(connection, member_id, now)
    )


def issue(
    house: House,
    connection: Connection,
    *,
    member_id: int,
    kind: CouponKind,
    count: int,
    source_key: str,
    at: datetime,
    store_id: str,
    source_transfer_id: int | None = None,
) -> tuple[int, ...] | OverLimit:
    """Give coupons within the caller's transaction; all or none, and once a `source_key`.

    Args:
        source_transfer_id: the booking that gives them, so that its reversal takes them back.

    Raises ValueError where the kind itself is over: ask `is_over` first.
    """
    return coupons.issue(
        connection,
        member_id=member_id,
        kind_id=kind.id,
        content=rules.content(kind),
        count=count,
        source_key=source_key,
        at=at,
        expires_at=rules.expires_at(house.shop, kind, at),
        store_id=store_id,
        limits=_limits(house.shop, kind, at),
        source_transfer_id=source_transfer_id,
    )


def is_over(shop: Shop, kind: CouponKind, at: datetime) -> bool:
    """Whether a coupon of that kind, given now, would be over at once."""
    return rules.expires_at(shop, kind, at) <= at


def _limits(shop: Shop, kind: CouponKind, at: datetime) -> Limits:
    first = days.local_day(shop, at).replace(day=1)
    month_start = datetime(first.year, first.month, first.day, tzinfo=shop.zone)
    return Limits(month_start, kind.held_at_once, kind.in_total, kind.per_month)


def use(
    connection: Connection, chosen: Sequence[HeldCoupon], *, member_id: int, transfer_id: int, at: datetime
) -> Used | Lost:
    """Use a quote's coupons for the transfer just booked; after Lost roll the booking back and quote anew."""
    ids = [coupon.coupon_id for coupon in chosen]
    return coupons.use(connection, ids, member_id=member_id, transfer_id=transfer_id, at=at)


def expire_all(engine: Engine, now: datetime) -> int:
    """Mark every coupon that is over as expired, a few at a time; how many. For the night."""
    expired = 0
    for _ in range(MAX_ROUNDS):
        with engine.begin() as connection:
            done = coupons.expire_due(connection, now)
        if done == 0:
            break
        expired += done
    return expired


@dataclass(frozen=True)
class IssueOffer:
    """What a staff member is about to give."""

    member: Member
    kind: CouponKind
    count: int
    expires_at: datetime
    store_id: str


def offer_issue(
    house: House, *, staff_openid: str, member_id: int, kind_id: str, count: int
) -> IssueOffer | Denied:
    """What `issue_by_staff` would do, for the echo; nothing is written."""
    now = house.clock()
    with house.engine.connect() as connection:
        return _offer(house, connection, staff_openid, member_id, kind_id, count, now)


def _offer(
    house: House,
    connection: Connection,
    staff_openid: str,
    member_id: int,
    kind_id: str,
    count: int,
    now: datetime,
) -> IssueOffer | Denied:
    acting = rights.require_staff(connection, staff_openid, roles=ISSUERS)
    if isinstance(acting, Denied):
        return acting
    member = members.by_id(connection, member_id)
    if member is None or member.merged_into is not None:
        return Denied("no_such_member", {"phone": ""})
    if member.openid is not None and member.openid == acting.openid:
        return Denied("own_card_entry")
    if not 1 <= count <= MAX_BY_STAFF:
        return Denied("coupon_issue_count", {"most": MAX_BY_STAFF})
    kind = house.shop.coupon(kind_id)
    if is_over(house.shop, kind, now):
        return Denied("coupon_kind_over", {"coupon": kind.name})
    expires_at = rules.expires_at(house.shop, kind, now)
    return IssueOffer(member, kind, count, expires_at, acting.store_id or member.home_store_id)


@dataclass(frozen=True)
class IssueReceipt:
    """The coupons are given; `told`: a WeChat account is bound and the message is queued."""

    offer: IssueOffer
    coupon_ids: tuple[int, ...]
    told: bool


def issue_by_staff(
    house: House, *, staff_openid: str, member_id: int, kind_id: str, count: int, key: str
) -> IssueReceipt | Denied:
    """Give a member coupons, sign it, and tell him, in one transaction. Managers and above."""
    now = house.clock()
    with house.engine.begin() as connection:
        offer = _offer(house, connection, staff_openid, member_id, kind_id, count, now)
        if isinstance(offer, Denied):
            return offer
        acting = rights.require_staff(connection, staff_openid, roles=ISSUERS)
        if isinstance(acting, Denied):
            return acting
        given = issue(
            house,
            connection,
            member_id=member_id,
            kind=offer.kind,
            count=count,
            source_key=f"staff:{key}",
            at=now,
            store_id=offer.store_id,
        )
        if isinstance(given, OverLimit):
            return denied_over(offer.kind, given)
        rights.sign(connection, acting, "coupon_issue", at=now, key=key, member_id=member_id)
        told = tell_given(house, connection, member_id, offer.kind, len(given), f"coupons:{key}", now)
        return IssueReceipt(offer, given, told)


def denied_over(kind: CouponKind, over: OverLimit) -> Denied:
    """Why a member's limit refuses more coupons, in the staff's words."""
    values: dict[str, object] = {"coupon": kind.name, "held": over.held, "limit": over.allowed}
    return Denied(_LIMIT_TEXTS[over.limit], values)


def tell_given(
    house: House,
    connection: Connection,
    member_id: int,
    kind: CouponKind,
    count: int,
    key: str,
    now: datetime,
) -> bool:
    """Queue the member's message about new coupons; False when he has no WeChat account bound."""
    text = texts.say(
        house.shop,
        "coupon_given",
        shop=house.shop.name,
        count=count,
        coupon=kind.name,
        worth=rules.worth_text(house.shop, kind),
        until=rules.until_text(house.shop, rules.expires_at(house.shop, kind, now), now),
    )
    return notices.notify_member(
        house, connection, key=key, member_id=member_id, kind="coupon_given", text=text, now=now
    )
