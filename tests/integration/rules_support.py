"""Shared by the tests of the shop's rules over a real book: a house with the rich shop, members, bookings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from rules_kit import local, rich_shop
from sqlalchemy import Engine, text

from actions.counter import desk
from actions.house import Denied, House
from actions.membership import joining, staffing
from bot.bootstrap import random_digits
from bot.outreach.queue import deferring
from ledger import book
from ledger.book import Header, Line, Posted
from ledger.book.verify import verify
from ledger.records import members
from ledger.records.staff import Role
from shop.model import Shop

CASHIER, MANAGER, LIN = "oCASHIER_R", "oMANAGER_R", "oLIN_R"
LIN_PHONE = "13800138000"
_numbers = itertools.count(1)


@dataclass
class Scene:
    """A house whose clock can be set, a cashier and a manager in the main store, and a bound member."""

    engine: Engine
    shop: Shop = field(default_factory=rich_shop)
    now: datetime = field(default_factory=lambda: local(2026, 10, 20, 12))

    def __post_init__(self) -> None:
        self.house = House(
            engine=self.engine,
            shop=self.shop,
            clock=lambda: self.now,
            defer_message=deferring(lambda: self.now),
            random_digits=random_digits,
        )

    def hire(self) -> int:
        """The staff, and the member 小林 with a bound card; his id."""
        people: tuple[tuple[str, str, Role], ...] = (
            (CASHIER, "王芳", "cashier"),
            (MANAGER, "李静", "manager"),
        )
        for openid, name, role in people:
            code = staffing.invite(self.house, name=name, role=role, store_id="main", created_by="test")
            assert not isinstance(staffing.accept_invitation(self.house, openid=openid, code=code), Denied)
        made = desk.register(self.house, staff_openid=CASHIER, phone=LIN_PHONE, name="小林")
        assert not isinstance(made, Denied)
        shown = desk.issue_phone_code(self.house, staff_openid=CASHIER, phone=LIN_PHONE)
        assert isinstance(shown, str)
        joined = joining.join_with_phone(self.house, openid=LIN, phone=LIN_PHONE, code=shown)
        assert not isinstance(joined, Denied)
        return made.member_id

    def header(self, member_id: int) -> Header:
        return Header(
            key=f"test:{next(_numbers)}",
            store_id="main",
            actor="staff:1",
            member_id=member_id,
            occurred_at=self.now,
            recorded_at=self.now,
        )

    def buy(self, member_id: int, fen: int, times: int = 1) -> int:
        """Purchases paid at the counter; the last one's transfer."""
        transfer_id = 0
        for _ in range(times):
            with self.engine.begin() as connection:
                done = book.purchase(
                    connection,
                    self.header(member_id),
                    lines=[Line("facial", "做脸", "care", 1, fen, fen)],
                    stored_fen=0,
                    spending_order="paid_in_first",
                    outside_fen=fen,
                    payment_method="cash",
                )
            assert isinstance(done, Posted)
            transfer_id = done.transfer_id
        return transfer_id

    def reverse(self, member_id: int, transfer_id: int) -> int:
        with self.engine.begin() as connection:
            done = book.reverse(connection, self.header(member_id), transfer_id=transfer_id, reason="wrong")
        assert isinstance(done, Posted), done
        return done.transfer_id

    def balances(self, member_id: int) -> book.Balances:
        with self.engine.connect() as connection:
            return book.balances(connection, member_id, now=self.now)

    def messages(self, kind: str | None = None) -> list[str]:
        """What was queued for the members, in order."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT text FROM message WHERE CAST(:k AS text) IS NULL OR kind = :k ORDER BY id"),
                {"k": kind},
            )
            return [row.text for row in rows]

    def due(self, kind: str) -> list[datetime]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT due_at FROM message WHERE kind = :k ORDER BY id"), {"k": kind}
            )
            return [row.due_at for row in rows]

    def born(self, member_id: int, birthday: date) -> None:
        with self.engine.begin() as connection:
            members.set_birthday(connection, member_id, birthday)


@contextmanager
def sound(engine: Engine) -> Iterator[None]:
    """The book is verified when the scene ends."""
    yield
    with engine.connect() as connection:
        assert verify(connection) == []
