"""Coupons as rules (row D2): what one covers, when and where it holds, and what it does for a top-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter

from shop import days
from shop.fields import Hours, Span
from shop.model import CouponKind, Item, Shop
from shop.money import short_fen
from shop.periods import end_of_days, last_day
from shop.quote_types import HeldCoupon, UnusedReason
from shop.words import day_text

NAMES_SHOWN = 3
_HOURS: TypeAdapter[tuple[Span, ...]] = TypeAdapter(Hours)
_FEN_FIELDS = tuple(
    info.alias or "" for name, info in CouponKind.model_fields.items() if name.endswith("_fen")
)


def content(kind: CouponKind) -> dict[str, object]:
    """The kind as it is kept with an issued coupon: the fields of shop.yml with defaults, ready for JSON."""
    kept = kind.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name in _FEN_FIELDS:
        if name in kept:
            kept[name] = f"{kept[name] // 100}.{kept[name] % 100:02d}"
    return kept


def of_content(kept: dict[str, object]) -> CouponKind:
    """The kind of an issued coupon; the opposite of `content`."""
    return CouponKind.model_validate(_frozen(kept))


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    if isinstance(value, dict):
        return {name: _frozen(each) for name, each in value.items()}
    return value


def expires_at(shop: Shop, kind: CouponKind, issued_at: datetime) -> datetime:
    """The first moment at which a coupon issued then is no longer valid: the earlier of both written terms.

    A term of days ends with its last day in full; the day of issue does not count (Civil Code, art. 201).
    """
    ends = []
    if kind.valid_days is not None:
        ends.append(end_of_days(issued_at, kind.valid_days, shop.zone))
    if kind.valid_until is not None:
        noon = datetime(
            kind.valid_until.year, kind.valid_until.month, kind.valid_until.day, 12, tzinfo=shop.zone
        )
        ends.append(end_of_days(noon, 0, shop.zone))
    if not ends:
        raise ValueError(f"the coupon {kind.id} has no end")
    return min(ends)


def covers(kind: CouponKind, item: Item) -> bool:
    """Whether the coupon is good for that item. Exclusions go first; nothing included means everything."""
    if item.id in kind.not_items or item.category in kind.not_categories:
        return False
    if not kind.items and not kind.categories:
        return True
    return item.id in kind.items or item.category in kind.categories


@lru_cache(maxsize=512)
def _spans(written: str) -> tuple[Span, ...]:
    return _HOURS.validate_python(written)


def why_not_now(shop: Shop, coupon: HeldCoupon, store_id: str, now: datetime) -> UnusedReason | None:
    """Why a coupon cannot be used in that store at that moment, whatever is bought; None when it can."""
    kind = coupon.kind
    if coupon.expires_at <= now:
        return "coupon_expired"
    if kind.stores and store_id not in kind.stores:
        return "coupon_other_store"
    local = now.astimezone(shop.zone)
    if not days.holds(kind.when, local.date()):
        return "coupon_other_day"
    minute = local.hour * 60 + local.minute
    if kind.hours and not any(s.opens_minute <= minute < s.closes_minute for s in _spans(kind.hours)):
        return "coupon_other_hour"
    return None


@dataclass(frozen=True)
class TopUpCoupon:
    """The coupon a top-up uses, and what it gives on top of the tier."""

    coupon: HeldCoupon
    gift_fen: int
    points: int


def for_top_up(
    shop: Shop, store_id: str, amount_fen: int, held: tuple[HeldCoupon, ...], now: datetime
) -> TopUpCoupon | None:
    """The one coupon a top-up of that amount uses: most gift money, most points, first to expire; or None.

    One coupon a top-up, because a gift on a gift is what a shop did not mean to promise.
    """
    fitting = [
        coupon
        for coupon in held
        if coupon.kind.kind == "top_up"
        and amount_fen >= (coupon.kind.over_fen or 0)
        and why_not_now(shop, coupon, store_id, now) is None
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda c: (-(c.kind.gift_fen or 0), -c.kind.points, c.expires_at, c.coupon_id))
    return TopUpCoupon(best, best.kind.gift_fen or 0, best.kind.points)


def worth_text(shop: Shop, kind: CouponKind) -> str:
    """What it is worth over what, in a few words for members: “满 ¥200 减 ¥30，限面部护理”."""
    return "，".join(part for part in (_worth(kind), scope_text(shop, kind), kind.text) if part)


def _worth(kind: CouponKind) -> str:
    over = f"满 {short_fen(kind.over_fen)} " if kind.over_fen else ""
    if kind.kind == "amount":
        return f"{over}减 {short_fen(kind.off_fen or 0)}" if over else f"立减 {short_fen(kind.off_fen or 0)}"
    if kind.kind == "percent":
        cap = f"，最多减 {short_fen(kind.cap_fen)}" if kind.cap_fen else ""
        return f"{over}打 {fold(kind.percent or 100)} 折{cap}"
    if kind.kind == "item":
        return f"{over}{short_fen(kind.price_fen)} 换购一份" if kind.price_fen else f"{over}免费一份"
    if kind.kind == "doubling":
        return f"付 {short_fen(kind.pay_fen or 0)}，再得 {short_fen(kind.wake_fen or 0)} 一起花"
    given = [f"送 {short_fen(kind.gift_fen)}"] if kind.gift_fen else []
    given += [f"送 {kind.points} 积分"] if kind.points else []
    return f"充值{over}{'、'.join(given)}"


def fold(percent: int) -> str:
    """80 → 8, 95 → 9.5, as 折 is said."""
    return str(percent // 10) if percent % 10 == 0 else f"{percent / 10:.1f}"


def scope_text(shop: Shop, kind: CouponKind) -> str:
    """Where and for what it is good: “限面部护理、国贸店、周二”; "" when everywhere for everything.

    Names that the shop no longer has are left out: a coupon outlives the file it was issued under.
    """
    categories = {each.id: each.name for each in shop.categories}
    items = {each.id: each.name for each in (*shop.services, *shop.goods)}
    stores = {each.id: each.name for each in shop.stores}
    covered = [categories[each] for each in kind.categories if each in categories]
    covered += [items[each] for each in kind.items if each in items]
    parts = _some(covered)
    parts += _some([stores[each] for each in kind.stores if each in stores])
    parts += [text for text in (days.when_text(kind.when), kind.hours) if text]
    excluded = [categories[each] for each in kind.not_categories if each in categories]
    excluded += [items[each] for each in kind.not_items if each in items]
    excluded = _some(excluded)
    said = [f"限{'、'.join(parts)}"] if parts else []
    return "，".join([*said, *([f"{'、'.join(excluded)}除外"] if excluded else [])])


def _some(names: list[str]) -> list[str]:
    """The names, of many the first three and how many there are."""
    return (
        names
        if len(names) <= NAMES_SHOWN + 1
        else [*names[: NAMES_SHOWN - 1], f"{names[NAMES_SHOWN - 1]}等 {len(names)} 种"]
    )


def until_text(shop: Shop, expires: datetime, now: datetime) -> str:
    """12月31日 and, in the last seven days, how many are left: “12月31日（还剩 3 天）”."""
    last = last_day(expires, shop.zone)
    left = (last - days.local_day(shop, now)).days
    if left > 7:
        return day_text(last)
    return f"{day_text(last)}（今天到期）" if left <= 0 else f"{day_text(last)}（还剩 {left} 天）"
