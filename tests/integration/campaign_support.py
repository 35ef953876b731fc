"""Shared by the tests of campaigns: a house with its own rules and clock, members, purchases, top-ups."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from rules_kit import RICH, local
from sqlalchemy import Engine, text

from actions.counter import coupons
from actions.house import House
from bot.bootstrap import random_digits
from bot.outreach.queue import deferring
from ledger import book
from ledger.book import Header, Line, Posted
from ledger.records import coupons as used
from ledger.records import members
from shop.files import loads
from shop.model import Shop

NOW = local(2026, 10, 20, 12)
DAY = timedelta(days=1)
_numbers = itertools.count(1)


def shop_with(campaigns: str) -> Shop:
    """The shop of the rules' tests, with these campaigns."""
    lines = "\n".join(f"  {line}" for line in campaigns.strip("\n").splitlines())
    return loads(f"{RICH}campaigns:\n{lines}\n")


@dataclass
class Town:
    """A house over a database of its own; its clock can be set."""

    engine: Engine
    shop: Shop
    now: datetime = NOW
    house: House = field(init=False)

    def __post_init__(self) -> None:
        self.house = self.open(self.shop)

    def open(self, shop: Shop) -> House:
        """The same house under other rules."""
        return House(
            engine=self.engine,
            shop=shop,
            clock=lambda: self.now,
            defer_message=deferring(lambda: self.now),
            random_digits=random_digits,
        )

    def joins(self, *, days_ago: float = 400, birthday: date | None = None, name: str = "小林") -> int:
        """A new member with a card and a bound WeChat account."""
        with self.engine.begin() as connection:
            member_id = members.create(
                connection,
                name=name,
                home_store_id=self.shop.stores[0].id,
                level=self.shop.levels[0].id,
                joined_at=self.now - days_ago * DAY,
                birthday=birthday,
            )
            values = {"openid": f"oC{member_id:06}", "m": member_id, "at": self.now}
            connection.execute(
                text("INSERT INTO binding (openid, member_id, bound_at) VALUES (:openid, :m, :at)"), values
            )
            connection.execute(
                text(
                    "INSERT INTO contact (openid, following, followed_at, heard_at)"
                    " VALUES (:openid, true, :at, :at)"
                ),
                values,
            )
        return member_id

    def join_many(self, count: int, **facts: Any) -> list[int]:
        return [self.joins(**facts) for _ in range(count)]

    def _header(self, member_id: int, days_ago: float) -> Header:
        at = self.now - days_ago * DAY
        return Header(
            key=f"town:{next(_numbers)}",
            store_id=self.shop.stores[0].id,
            actor="staff:1",
            member_id=member_id,
            occurred_at=at,
            recorded_at=at,
        )

    def buys(
        self,
        member_id: int,
        fen: int,
        *,
        days_ago: float = 0,
        item: str = "facial",
        category: str = "care",
        stored: bool = False,
        list_fen: int | None = None,
    ) -> int:
        with self.engine.begin() as connection:
            done = book.purchase(
                connection,
                self._header(member_id, days_ago),
                lines=[Line(item, item, category, 1, list_fen or fen, fen)],
                stored_fen=fen if stored else 0,
                spending_order="paid_in_first",
                outside_fen=0 if stored else fen,
                payment_method=None if stored else "cash",
            )
        assert isinstance(done, Posted), done
        return done.transfer_id

    def redeems(self, member_id: int, points: int, *, days_ago: float = 0) -> int:
        """Points that come from nowhere, spent on a reward."""
        with self.engine.begin() as connection:
            header = self._header(member_id, days_ago)
            given = book.grant_points(connection, header, points=points, expires_at=None, reason="town")
            assert isinstance(given, Posted), given
            header = self._header(member_id, days_ago)
            done = book.spend_points(connection, header, points=points, reward_id="r")
        assert isinstance(done, Posted), done
        return done.transfer_id

    def tops_up(self, member_id: int, fen: int, *, days_ago: float = 0) -> int:
        with self.engine.begin() as connection:
            done = book.top_up(
                connection, self._header(member_id, days_ago), paid_fen=fen, payment_method="cash"
            )
        assert isinstance(done, Posted), done
        return done.transfer_id

    def uses_coupon(self, member_id: int, transfer_id: int) -> None:
        """A coupon of the first kind, given and used for that purchase."""
        with self.engine.begin() as connection:
            given = coupons.issue(
                self.house,
                connection,
                member_id=member_id,
                kind=self.shop.coupons[0],
                count=1,
                source_key=f"town:{next(_numbers)}",
                at=self.now,
                store_id="main",
            )
            assert isinstance(given, tuple), given
            done = used.use(connection, given, member_id=member_id, transfer_id=transfer_id, at=self.now)
        assert isinstance(done, used.Used), done

    def reverses(self, member_id: int, transfer_id: int) -> None:
        with self.engine.begin() as connection:
            done = book.reverse(
                connection, self._header(member_id, 0), transfer_id=transfer_id, reason="wrong"
            )
        assert isinstance(done, Posted), done

    def all(self, statement: str, **values: object) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def chosen(self, campaign: str) -> dict[int, str]:
        """Member → how the campaign stands with him: held_out, or the state."""
        rows = self.all(
            "SELECT member_id, CASE WHEN held_out THEN 'held_out' ELSE state END AS stands"
            " FROM campaign_member WHERE campaign = :c ORDER BY id",
            c=campaign,
        )
        return {row.member_id: row.stands for row in rows}

    def count(self, table: str) -> int:
        return int(self.all(f"SELECT count(*) FROM {table}")[0][0])
