"""What staff do at the counter besides money: members, cards, codes (features C1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions import rights
from actions.house import Denied, House
from actions.membership import levels, phone_proof
from ledger import book
from ledger.book import Balances
from ledger.records import coupons, member_search, members, phone_codes
from ledger.records.coupons import Coupon
from ledger.records.members import Member, PhoneTaken
from ledger.reports import habits
from ledger.reports.single_entries import last_visit
from shop import coupons as coupon_rules
from shop import tags
from shop.model import CouponKind, Level, Shop
from shop.tags import Habits

MOST_FOUND = 9
PHONE = re.compile(r"1[3-9]\d{9}")
CODE = re.compile(r"\d{16,20}")
NUMBER = re.compile(r"(?:会员(?:号|编号)?\s*[:#]?\s*)?(?P<number>\d{1,9})")

# What a code shown on a member's phone stands for: the member's id; Denied: why it does not count; None: no
# code of this kind. The modules that issue codes add their reader where everything is wired.
CodeReader = Callable[[House, Connection, str], "int | Denied | None"]
CODE_READERS: list[CodeReader] = []


@dataclass(frozen=True)
class Found:
    """The one member that was meant."""

    member: Member


@dataclass(frozen=True)
class Several:
    """Members that fit the word equally, at most nine; `more` when there are others."""

    members: tuple[Member, ...]
    more: bool


@dataclass(frozen=True)
class HeldKind:
    """Coupons of one kind in a member's hand."""

    kind: CouponKind
    count: int
    first_expires_at: datetime


@dataclass(frozen=True)
class LookedUp:
    """What staff see of a member.

    Attributes:
        coupons: kinds in hand with how many and the first to expire, soonest first.
        last_visit_at: of the last purchase that stands; None: never.
        tags: what his behaviour says of him, in words.
    """

    member: Member
    balances: Balances
    level: Level
    coupons: tuple[HeldKind, ...]
    last_visit_at: datetime | None
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Registered:
    member_id: int
    name: str
    phone: str


def find_members(house: House, *, staff_openid: str, word: str) -> Found | Several | Denied:
    """Who is meant at the counter: by phone, number (12, 会员12), last four of the phone, code or name.

    Any store of the shop finds any member: cards are good in all of them (row B9). A search by name is
    signed, so that browsing leaves a trace.
    """
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        if PHONE.fullmatch(word):
            return _one(members.by_phone(connection, word), word)
        by_code = _by_code(house, connection, word)
        if by_code is not None:
            return by_code
        number = NUMBER.fullmatch(word)
        if number is not None:
            return _by_number(connection, word, int(number["number"]), plain=word.isdigit())
        rights.sign(connection, acting, "search", at=house.clock())
        return _among(member_search.by_name(connection, word, limit=MOST_FOUND + 1), word)


def _by_code(house: House, connection: Connection, word: str) -> Found | Denied | None:
    for reader in CODE_READERS:
        meant = reader(house, connection, word)
        if isinstance(meant, Denied):
            return meant
        if meant is not None:
            return _one(members.by_id(connection, meant), word)
    return Denied("no_such_code") if CODE.fullmatch(word) else None


def _by_number(connection: Connection, word: str, number: int, *, plain: bool) -> Found | Several | Denied:
    """A bare four-digit number may be a member's number or the end of a phone: both are looked for."""
    member = members.by_id(connection, number)
    found = [member] if member is not None and member.merged_into is None else []
    if plain and len(word) == 4:
        tails = member_search.by_phone_tail(connection, word, limit=MOST_FOUND + 1)
        found += [other for other in tails if other.id != number]
    return _among(tuple(found), word)


def _among(found: tuple[Member, ...], word: str) -> Found | Several | Denied:
    if len(found) > 1:
        return Several(found[:MOST_FOUND], more=len(found) > MOST_FOUND)
    return _one(found[0] if found else None, word)


def _one(member: Member | None, word: str) -> Found | Denied:
    if member is not None:
        return Found(member)
    return Denied(
        "no_such_member" if PHONE.fullmatch(word) else "no_such_word", {"phone": word, "word": word}
    )


def look_up(house: House, *, staff_openid: str, member_id: int) -> LookedUp | Denied:
    """A member's card, for staff; the look is signed."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        member = members.by_id(connection, member_id)
        if member is None:
            return Denied("no_such_word", {"word": f"会员{member_id}"})
        rights.sign(connection, acting, "look_up", at=now, member_id=member.id)
        return LookedUp(
            member=member,
            balances=book.balances(connection, member.id, now=now),
            level=levels.current(connection, house.shop, member.id, now),
            coupons=_held_kinds(coupons.held(connection, member.id, now)),
            last_visit_at=last_visit(connection, member.id),
            tags=_tags(connection, house.shop, member.id, now),
        )


def _tags(connection: Connection, shop: Shop, member_id: int, now: datetime) -> tuple[str, ...]:
    kept = habits.of_members(connection, [member_id], now)[member_id]
    return tags.named(shop, Habits(**asdict(kept)))


def _held_kinds(held: tuple[Coupon, ...]) -> tuple[HeldKind, ...]:
    by_kind: dict[str, list[Coupon]] = {}
    for coupon in held:
        by_kind.setdefault(coupon.kind_id, []).append(coupon)
    return tuple(
        HeldKind(coupon_rules.of_content(same[0].content), len(same), same[0].expires_at)
        for same in by_kind.values()
    )


def register(house: House, *, staff_openid: str, phone: str, name: str) -> Registered | Denied:
    """Open a card for someone at the counter; the phone counts as entered, not as proved."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        try:
            member_id = members.create(
                connection,
                name=name,
                phone=phone,
                home_store_id=acting.store_id or house.shop.stores[0].id,
                level=house.shop.levels[0].id,
                joined_at=now,
            )
        except PhoneTaken:
            taken = members.by_phone(connection, phone)
            return Denied("phone_taken", {"phone": phone, "name": taken.name if taken else ""})
        rights.sign(connection, acting, "register", at=now, member_id=member_id)
        return Registered(member_id, name, phone)


def issue_phone_code(house: House, *, staff_openid: str, phone: str) -> str | Denied:
    """A code that staff read out to the phone's owner; stored as a hash, it works once, for ten minutes."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        code = house.random_digits(phone_proof.CODE_LENGTH)
        issued = phone_codes.issue(
            connection,
            openid=phone_proof.at_counter(phone),
            phone=phone,
            code_hash=phone_proof.code_hash(phone, code),
            issued_by=f"staff:{acting.id}",
            created_at=now,
            expires_at=now + timedelta(minutes=phone_proof.LIFETIME_MINUTES),
        )
        if issued is None:
            return Denied("too_many_codes")
        rights.sign(connection, acting, "phone_code", at=now)
        return code
