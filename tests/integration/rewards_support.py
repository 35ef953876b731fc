"""A shop with people in it, for vouchers, referral and pictures: real database, a clock to move."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from actions.house import Denied, House
from actions.loyalty.rewards import Redeemed, quote, redeem
from bot.bootstrap import random_digits
from bot.outreach.queue import deferring
from bot.settings import EXAMPLE_SHOP
from ledger import book
from ledger.book import Header, Posted
from ledger.records import members, staff
from shop.files import load
from shop.model import Shop

SHOP = load(EXAMPLE_SHOP)
START = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
_numbers = itertools.count(1)


class Place:
    """A house whose clock and rules a test may change."""

    def __init__(self, engine: Engine, shop: Shop = SHOP) -> None:
        self.now = START
        self.engine = engine
        self.house = House(
            engine=engine,
            shop=shop,
            clock=lambda: self.now,
            defer_message=deferring(lambda: self.now),
            random_digits=random_digits,
        )

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def with_referral(self, **changes: object) -> None:
        rules = self.house.shop.referral.model_copy(update=changes)
        object.__setattr__(self.house, "shop", self.house.shop.model_copy(update={"referral": rules}))

    def with_reward(self, reward_id: str, **changes: object) -> None:
        rewards = tuple(
            r.model_copy(update=changes) if r.id == reward_id else r for r in self.house.shop.rewards
        )
        object.__setattr__(self.house, "shop", self.house.shop.model_copy(update={"rewards": rewards}))

    def member(self, openid: str, *, points: int = 0, name: str = "林小雨") -> int:
        with self.engine.begin() as connection:
            member_id = members.create(
                connection, name=name, home_store_id="guomao", level="new", joined_at=self.now
            )
            assert members.bind(connection, member_id=member_id, openid=openid, at=self.now)
            if points:
                header = self.header(connection, member_id)
                done = book.grant_points(connection, header, points=points, expires_at=None, reason="test")
                assert isinstance(done, Posted)
        return member_id

    def header(self, _connection: Connection, member_id: int, key: str = "") -> Header:
        return Header(
            key=key or f"test:{next(_numbers)}",
            store_id="guomao",
            actor="staff:1",
            member_id=member_id,
            occurred_at=self.now,
            recorded_at=self.now,
        )

    def top_up(self, member_id: int, paid_fen: int) -> int:
        with self.engine.begin() as connection:
            done = book.top_up(
                connection, self.header(connection, member_id), paid_fen=paid_fen, payment_method="wechat"
            )
            assert isinstance(done, Posted)
            return done.transfer_id

    def hire(self, openid: str, store_id: str = "guomao", role: staff.Role = "cashier") -> int:
        with self.engine.begin() as connection:
            return staff.create(
                connection, name="王芳", role=role, store_id=store_id, created_at=self.now, openid=openid
            )

    def points(self, member_id: int) -> int:
        with self.engine.connect() as connection:
            return book.balances(connection, member_id, now=self.now).points

    def count(self, table: str, where: str = "true") -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())

    def redeem(
        self, openid: str, reward_id: str = "r_hand_cream", quantity: int = 1, key: str = ""
    ) -> Redeemed:
        asked = quote(self.house, openid=openid, reward_id=reward_id, quantity=quantity)
        assert not isinstance(asked, Denied), asked
        done = redeem(self.house, openid=openid, quote=asked, key=key or f"redeem:{next(_numbers)}")
        assert isinstance(done, Redeemed), done
        return done
