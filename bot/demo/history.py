"""A believable year of a chain of salons, made by calling the real actions with a moved clock.

Nothing is inserted by hand: every card, top-up and purchase of the demo went through the same rights, limits,
prices and postings as a real one.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TypeVar

from actions.counter import desk, purchases, top_ups
from actions.counter.purchases import PurchaseReceipt, PurchaseRequest
from actions.counter.top_ups import TopUpReceipt, TopUpRequest
from actions.house import Denied, House
from actions.membership import joining, staffing
from bot.demo.cast import MEMBERS, STAFF, Person, store_of
from shop.model import Item, Shop

SEED = 20261122
DAYS = 365
QUIET_DAYS = 2  # the last days stay empty, so that the visitor's own entries come last
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "敏",
    "静",
    "丽",
    "娜",
    "婷",
    "雪",
    "倩",
    "琳",
    "颖",
    "洁",
    "慧",
    "莹",
    "悦",
    "佳怡",
    "梦瑶",
    "思琪",
    "雨桐",
    "欣怡",
    "诗涵",
    "子涵",
    "晓燕",
    "海燕",
    "春梅",
    "秀英",
    "玉兰",
    "晨曦",
    "若曦",
    "语嫣",
    "可欣",
    "美玲",
    "艳红",
    "建国",
    "志强",
    "伟",
    "磊",
    "浩然",
    "宇轩",
    "明轩",
    "文博",
    "俊杰",
]
VISIT_GAPS_DAYS = (9, 14, 18, 25, 30, 45, 70)
LOW_BALANCE_FEN = 15_000
MAX_VISITS = 45
STAR_BALANCE_FEN = 20_000

Progress = Callable[[int, int], None]
T = TypeVar("T")


class MovedClock:
    """The clock of the seeding: it shows what it is set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class _Customer:
    """One member-to-be with habits: a store, a favourite kind of service, how often, how they pay."""

    phone: str
    name: str
    store_id: str
    joins_at: datetime
    gap_days: int
    favourites: list[str]
    method: str
    top_up_fen: int
    tops_up: bool
    balance_fen: int = 0
    member_id: int = 0


@dataclass
class History:
    """Writes the year. `report` is told (entries done, entries expected)."""

    house: House
    now: datetime
    members: int
    report: Progress
    _random: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a story, no secret
    _entries: int = 0

    def write(self) -> int:
        """Write everything up to two days ago; returns the number of ledger entries made."""
        clock = MovedClock(self.now - timedelta(days=DAYS + 1))
        house = replace(self.house, clock=clock)
        self._hire(house)
        customers = self._customers()
        expected = sum(min(MAX_VISITS, 4 + DAYS // (2 * c.gap_days)) for c in customers)
        visits = [(customer.joins_at, index, 0) for index, customer in enumerate(customers)]
        heapq.heapify(visits)
        end = self.now - timedelta(days=QUIET_DAYS)
        while visits:
            at, index, count = heapq.heappop(visits)
            if at >= end or count > MAX_VISITS:
                continue
            clock.now = at
            self._visit(house, customers[index], count)
            self.report(min(self._entries, expected), expected)
            heapq.heappush(visits, (self._next_visit(customers[index], at), index, count + 1))
        clock.now = self.now - timedelta(days=1)
        for customer in customers[: len(MEMBERS)]:
            if customer.balance_fen < STAR_BALANCE_FEN:
                self._top_up(house, self._at_till(customer.store_id), customer)
        self._bind_cast(house)
        self.report(expected, expected)
        return self._entries

    @cached_property
    def _amounts(self) -> list[int]:
        """What people top up: the shop's tiers, and sums between them, as far as a cashier may book alone."""
        shop = self.house.shop
        limits = (shop.role_limit("cashier").per_entry_fen, shop.top_up.maximum_fen)
        most = min(limit for limit in limits if limit is not None)
        tiers = [tier.amount_fen for tier in shop.top_up.tiers] or [shop.top_up.minimum_fen]
        between = [amount + 20_000 for amount in tiers]
        return [a for a in (*tiers, *tiers, *between) if shop.top_up.minimum_fen <= a <= most] or [most]

    # -- people ---------------------------------------------------------------------------------------------

    def _hire(self, house: House) -> None:
        for person in STAFF:
            code = staffing.invite(
                house,
                name=person.name,
                role=person.role,
                store_id=store_of(person, house.shop).id,
                created_by="demo",
            )
            _must(staffing.accept_invitation(house, openid=person.openid, code=code))
        for store in house.shop.stores:
            if self._cashier(store.id) is None:
                code = staffing.invite(
                    house, name="店员", role="cashier", store_id=store.id, created_by="demo"
                )
                _must(staffing.accept_invitation(house, openid=_spare_openid(store.id), code=code))

    def _cashier(self, store_id: str) -> str | None:
        for person in STAFF:
            if store_of(person, self.house.shop).id == store_id and person.role == "cashier":
                return person.openid
        return None

    def _at_till(self, store_id: str) -> str:
        return self._cashier(store_id) or _spare_openid(store_id)

    def _customers(self) -> list[_Customer]:
        phones = self._phones()
        customers = [self._star(person) for person in MEMBERS]
        while len(customers) < max(self.members, len(MEMBERS)):
            customers.append(self._customer(next(phones)))
        return customers

    def _star(self, person: Person) -> _Customer:
        """A member whom the visitor can be: came early, comes often, has money on the card."""
        customer = self._customer(person.phone or "")
        customer.name = person.name
        customer.joins_at = self._opening_time(self.now - timedelta(days=300))
        customer.gap_days = 18
        customer.tops_up = True
        customer.top_up_fen = sorted(self._amounts)[len(self._amounts) // 2]
        customer.store_id = self.house.shop.stores[0].id
        return customer

    def _customer(self, phone: str) -> _Customer:
        pick = self._random
        shop = self.house.shop
        return _Customer(
            phone=phone,
            name=pick.choice(SURNAMES) + pick.choice(GIVEN),
            store_id=pick.choice(shop.stores).id,
            joins_at=self._opening_time(self.now - timedelta(days=pick.randint(3, DAYS))),
            gap_days=pick.choice(VISIT_GAPS_DAYS),
            favourites=_favourites(shop, pick),
            method=pick.choice(shop.payment_methods).id,
            top_up_fen=pick.choice(self._amounts),
            tops_up=pick.random() < 0.7,
        )

    def _phones(self) -> Iterator[str]:
        taken = {person.phone for person in MEMBERS}
        while True:
            phone = "1" + self._random.choice("3578") + "".join(self._random.choices("0123456789", k=9))
            if phone not in taken:
                taken.add(phone)
                yield phone

    # -- days -----------------------------------------------------------------------------------------------

    def _opening_time(self, day: datetime) -> datetime:
        """A moment of that day when shops are open: between 10:30 and 19:59 in the shop's zone."""
        local = day.astimezone(self.house.shop.zone)
        moment = local.replace(
            hour=self._random.randint(10, 19), minute=self._random.randint(30, 59), second=0, microsecond=0
        )
        return moment.astimezone(UTC)

    def _next_visit(self, customer: _Customer, last: datetime) -> datetime:
        gap = max(2, round(self._random.gauss(customer.gap_days, customer.gap_days / 3)))
        if self._random.random() < 0.04:
            gap += 120  # some fall asleep for a season
        return self._opening_time(last + timedelta(days=gap))

    def _visit(self, house: House, customer: _Customer, count: int) -> None:
        staff_openid = self._at_till(customer.store_id)
        if count == 0:
            opened = desk.register(house, staff_openid=staff_openid, phone=customer.phone, name=customer.name)
            customer.member_id = _must(opened).member_id
        if customer.tops_up and customer.balance_fen < LOW_BALANCE_FEN:
            self._top_up(house, staff_openid, customer)
        items = [(self._random.choice(customer.favourites), 1)]
        if self._random.random() < 0.2:
            items.append((self._random.choice(_sold(house.shop)).id, 1))
        self._buy(house, staff_openid, customer, tuple(items), count)
        self._entries += 1

    def _buy(
        self,
        house: House,
        staff_openid: str,
        customer: _Customer,
        items: tuple[tuple[str, int], ...],
        count: int,
    ) -> None:
        request = PurchaseRequest(customer.member_id, customer.phone, items, customer.method)
        quote = _must(purchases.quote_purchase(house, staff_openid=staff_openid, request=request))
        key = f"demo:purchase:{customer.phone}:{count}"
        receipt = purchases.record_purchase(house, staff_openid=staff_openid, bound=quote.bound, key=key)
        if not isinstance(receipt, PurchaseReceipt):
            raise RuntimeError(f"the story of the demo does not hold: {receipt}")
        customer.balance_fen = receipt.balances.stored_fen

    def _top_up(self, house: House, staff_openid: str, customer: _Customer) -> None:
        request = TopUpRequest(customer.phone, customer.top_up_fen, customer.method)
        quote = _must(top_ups.quote_top_up(house, staff_openid=staff_openid, request=request))
        key = f"demo:top_up:{customer.phone}:{house.clock().isoformat()}"
        receipt = top_ups.record_top_up(house, staff_openid=staff_openid, quote=quote, key=key)
        if not isinstance(receipt, TopUpReceipt):
            raise RuntimeError(f"the story of the demo does not hold: {receipt}")
        customer.balance_fen = receipt.balances.stored_fen
        self._entries += 1

    def _bind_cast(self, house: House) -> None:
        """The members whom the visitor can be prove their phones, as everybody does."""
        staff_openid = self._at_till(house.shop.stores[0].id)
        for person in MEMBERS:
            phone = person.phone or ""
            code = _must(desk.issue_phone_code(house, staff_openid=staff_openid, phone=phone))
            _must(joining.join_with_phone(house, openid=person.openid, phone=phone, code=code))


def _favourites(shop: Shop, pick: random.Random) -> list[str]:
    """Up to three things of one category, and one good to take home."""
    sold = _sold(shop)
    category = pick.choice([item.category for item in sold])
    inside = [item.id for item in sold if item.category == category]
    chosen = pick.sample(inside, min(len(inside), 3))
    return [*chosen, pick.choice(shop.goods).id] if shop.goods else chosen


def _sold(shop: Shop) -> tuple[Item, ...]:
    """What the shop lives on: its services, or its goods when it has no services."""
    return shop.services or shop.goods


def _spare_openid(store_id: str) -> str:
    return f"oDEMO_till_{store_id}"[:28].ljust(28, "0")


def _must(result: T | Denied) -> T:
    if isinstance(result, Denied):
        raise RuntimeError(f"the story of the demo does not hold: {result}")
    return result
