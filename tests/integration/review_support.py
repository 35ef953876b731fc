"""Shared by the tests of four eyes and the day close: a house over a real database, people, an executor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from actions.house import Denied, House
from actions.review import approvals, decisions
from actions.review.approvals import Booked, Requoted
from actions.review.limits import Review
from bot.bootstrap import random_digits
from bot.outreach.queue import deferring
from bot.settings import EXAMPLE_SHOP
from ledger import book
from ledger.book import Header, Posted, Refused
from ledger.records import members, staff
from ledger.records.staff import Staff
from shop.files import load

SHOP = load(EXAMPLE_SHOP)
NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
ROLES = {
    "cashier": ("cashier", "guomao"),
    "second_cashier": ("cashier", "guomao"),
    "manager": ("manager", "guomao"),
    "second_manager": ("manager", "guomao"),
    "other_manager": ("manager", "wangjing"),
    "head_office": ("head_office", None),
    "owner": ("owner", None),
}


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Counter:
    """People at a counter; everyone's openid is `o` and the name of the place."""

    house: House
    clock: Clock
    people: dict[str, Staff] = field(default_factory=dict)
    member_id: int = 0

    def openid(self, who: str) -> str:
        return f"o{who}"

    def count(self, table: str, where: str = "true") -> int:
        with self.house.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())


def counter(engine: Engine, shop: object = SHOP) -> Counter:
    clock = Clock()
    house = House(engine, shop, clock, deferring(clock), random_digits)  # type: ignore[arg-type]
    made = Counter(house, clock)
    with engine.begin() as connection:
        for who, (role, store_id) in ROLES.items():
            staff_id = staff.create(
                connection,
                name=who,
                role=role,  # type: ignore[arg-type]
                store_id=store_id,
                created_at=NOW,
                openid=made.openid(who),
            )
            found = staff.by_id(connection, staff_id)
            assert found is not None
            made.people[who] = found
        made.member_id = new_member(connection, "小林", "13800138000")
    return made


def new_member(connection: Connection, name: str, phone: str) -> int:
    return members.create(
        connection,
        name=name,
        phone=phone,
        home_store_id="guomao",
        level=SHOP.levels[0].id,
        joined_at=NOW,
    )


def book_top_up(
    house: House,
    connection: Connection,
    requester: Staff,
    _approver: Staff,
    data: dict[str, object],
    key: str,
) -> Booked | Requoted | Denied:
    """The plainest executor: books and signs what was filed; requotes once when told to."""
    if data.get("price_rose"):
        return Requoted({**data, "price_rose": False, "amount_fen": data["amount_fen"]}, "新的报价")
    amount_fen, member_id = data["amount_fen"], data["member_id"]
    assert isinstance(amount_fen, int)
    assert isinstance(member_id, int)
    return post_top_up(
        house, connection, requester, member_id=member_id, amount_fen=amount_fen, key=key
    ) or Denied("over_card_cap", {"cap": "", "room": ""})


def post_top_up(
    house: House, connection: Connection, by: Staff, *, member_id: int, amount_fen: int, key: str
) -> Posted | None:
    from actions import rights

    now = house.clock()
    header = Header(key, by.store_id or "guomao", f"staff:{by.id}", member_id, now, now)
    done = book.top_up(connection, header, paid_fen=amount_fen, payment_method="cash")
    if isinstance(done, Refused):
        return None
    rights.sign(connection, by, "top_up", at=now, key=key, member_id=member_id, transfer_id=done.transfer_id)
    return done


EXECUTORS: dict[str, approvals.Executor] = {"top_up": book_top_up}


def file(
    at: Counter,
    *,
    amount_fen: int = 300_000,
    by: str = "cashier",
    key: str = "quote:1",
    reasons: tuple[str, ...] = ("over_entry",),
    member_id: int | None = None,
    **more: object,
) -> approvals.Filed:
    asked = at.people[by]
    member_id = member_id or at.member_id
    with at.house.engine.begin() as connection:
        return approvals.file(
            at.house,
            connection,
            asked,
            kind="top_up",
            data={"amount_fen": amount_fen, "member_id": member_id, "store_id": "guomao", **more},
            summary=f"小林 充值 {amount_fen}",
            review=Review(reasons),
            key=key,
            member_id=member_id,
            now=at.clock(),
        )


def decide(
    at: Counter, number: int, *, by: str = "manager", approve: bool = True, reason: str = "", key: str = "d1"
) -> decisions.Decided | Denied:
    return decisions.decide(
        at.house,
        staff_openid=at.openid(by),
        number=number,
        approve=approve,
        reason=reason,
        key=key,
        executors=EXECUTORS,
    )
