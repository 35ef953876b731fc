"""Shared by the booking tests: a small shop, a house with a clock that is moved, members, people who race."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from actions.booking import bookings
from actions.booking.bookings import Booked, Held, Slot, Wish
from actions.house import House
from bot.outreach.queue import deferring
from ledger import book
from ledger.book import Header, verify
from ledger.records import members, staff
from shop.files import loads
from shop.model import Shop

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in the shop
TUESDAY = date(2026, 11, 24)

SHOP_TEXT = """
name: 小院
stores:
  - {id: east, name: 东店, address: 东街 1 号, phone: 010-80000101, hours: {every_day: "10:00-18:00"},
     special_days: [{date: 2026-11-26, hours: 休息, note: 盘点}]}
  - {id: west, name: 西店, address: 西街 1 号, phone: 010-80000102, hours: {every_day: "10:00-18:00"}}
categories: [{id: care, name: 护理}]
services:
  - {id: facial, name: 面护, category: care, price: 200, duration_minutes: 60, technicians: [mei, li],
     buffer_after_minutes: 10, resources: [bed]}
  - {id: spa, name: 精油SPA, category: care, price: 400, duration_minutes: 90, technicians: [mei, li],
     deposit: 50}
  - {id: course, name: 塑形课, category: care, price: 300, duration_minutes: 60, technicians: [mei],
     pack_only: true}
  - {id: talk, name: 咨询, category: care, price: 0, duration_minutes: 30, bookable: false}
technicians:
  - {id: mei, name: 小美, stores: [east]}
  - {id: li, name: 小丽, stores: [east, west], rosters: [
       {store: east, mon: "10:00-18:00", tue: "12:00-18:00", wed: "10:00-18:00", thu: "10:00-18:00",
        fri: "10:00-18:00", breaks: "13:00-14:00"},
       {store: west, sat: "10:00-18:00", sun: "10:00-18:00"}]}
top_up: {minimum: 100, maximum: 5000}
levels: [{id: plain, name: 会员}]
packs:
  - {id: course_pack, name: 塑形十次卡, price: 2000, amount: 10, services: [course]}
booking:
  slot_minutes: 30
  notice_minutes: 60
  latest_days: 30
  cancel_hours: 2
  max_open: 3
  resources: [{id: bed, name: 护理床, capacity: {east: 1, west: 1}}]
payment_methods: [{id: cash, name: 现金}]
roles:
  - {id: cashier, name: 收银员}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""
SHOP = loads(SHOP_TEXT)


def at(day: date, clock: str) -> datetime:
    """That time of day in the shop."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


class Salon:
    """A house whose clock stands until it is moved, with members and staff of its own."""

    def __init__(self, engine: Engine, shop: Shop = SHOP) -> None:
        self.now = START
        self.engine = engine
        self.house = House(
            engine=engine,
            shop=shop,
            clock=lambda: self.now,
            defer_message=deferring(lambda: self.now),
            random_digits="0".__mul__,
        )
        self._numbers = itertools.count(1)

    def key(self) -> str:
        return f"key-{next(self._numbers)}"

    def member(
        self, *, paid_fen: int = 0, packs: int = 0, store: str = "east", phone: str | None = None
    ) -> str:
        """A bound member; the openid."""
        number = next(self._numbers)
        openid = f"oMEMBER{number:022d}"
        with self.engine.begin() as connection:
            member_id = members.create(
                connection,
                name=f"客{number}",
                home_store_id=store,
                level="plain",
                joined_at=self.now,
                phone=phone,
            )
            assert members.bind(connection, member_id=member_id, openid=openid, at=self.now)
            if paid_fen or packs:
                header = Header(
                    key=f"gift-{number}",
                    store_id="east",
                    actor="system",
                    member_id=member_id,
                    occurred_at=self.now,
                    recorded_at=self.now,
                )
                grants = [book.EntitlementGrant("course_pack", "times", packs)] if packs else []
                book.top_up(connection, header, paid_fen=paid_fen, payment_method="cash", entitlements=grants)
        return openid

    def staff(self, role: staff.Role, store_id: str | None) -> str:
        openid = f"oSTAFF{next(self._numbers):023d}"
        with self.engine.begin() as connection:
            staff.create(
                connection, name="员工", role=role, store_id=store_id, created_at=self.now, openid=openid
            )
        return openid

    def hold(self, openid: str, slot: Slot, service: str = "facial", *, moving: int | None = None) -> Held:
        wish = Wish(service, slot.store_id, start=slot.start, grain="minute")
        held = bookings.hold(self.house, openid=openid, wish=wish, slot=slot, key=self.key(), moving=moving)
        assert isinstance(held, Held), held
        return held

    def book(self, openid: str, slot: Slot, service: str = "facial", *, moving: int | None = None) -> Booked:
        held = self.hold(openid, slot, service, moving=moving)
        booked = bookings.confirm(self.house, openid=openid, booking_id=held.booking_id, key=self.key())
        assert isinstance(booked, Booked), booked
        return booked

    def stored_fen(self, openid: str) -> int:
        with self.engine.begin() as connection:
            member = members.by_openid(connection, openid)
            assert member is not None
            return book.balances(connection, member.id, now=self.now).stored_fen

    def messages(self, openid: str) -> list[str]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT text FROM message WHERE openid = :openid ORDER BY id"), {"openid": openid}
            )
            return [row.text for row in rows]

    def count(self, table: str, where: str = "true") -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())

    def check(self) -> None:
        """What always holds: open bookings have all their units, nothing else has any, the book is sound."""
        assert self.count("booking", UNITS_WRONG) == 0
        assert self.count("booking_unit u JOIN booking b ON b.id = u.booking_id", ORPHAN) == 0
        with self.engine.connect() as connection:
            assert verify.verify(connection) == []


ORPHAN = "b.state NOT IN ('held', 'booked', 'arrived', 'no_show')"
UNITS_WRONG = """state = 'booked'
    AND cardinality(resources) * extract(epoch FROM taken_until - taken_from) / 900
    <> (SELECT count(*) FROM booking_unit u WHERE u.booking_id = booking.id)"""


def slot(
    clock: str, technician: str = "mei", *, day: date = TUESDAY, minutes: int = 60, store: str = "east"
) -> Slot:
    start = at(day, clock)
    return Slot(store, technician, start, start + timedelta(minutes=minutes))
