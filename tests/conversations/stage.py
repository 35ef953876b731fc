"""A stage for conversations: real book, real memory, real actions; the chat is played as a table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import redis
from sqlalchemy import Engine, text

from actions.counter import desk
from actions.house import Denied, House
from actions.membership import joining, staffing
from bot.bootstrap import random_digits
from bot.conversation.memory import ConversationStore
from bot.conversation.steps import STEPS
from bot.conversation.turn import Bot
from bot.messages import Incoming, Reply
from bot.outreach.queue import deferring
from bot.settings import EXAMPLE_SHOP
from nlu.engine import Nlu
from nlu.inbox import Inbox
from shop.files import load
from shop.model import Shop

SHOP = load(EXAMPLE_SHOP)
START = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)  # Saturday 10:30 in the shop

LIN, NEWCOMER, CASHIER, MANAGER, OTHER_CASHIER = (
    "oLIN_000000000000000000000001",
    "oNEW_000000000000000000000002",
    "oCASHIER_00000000000000000003",
    "oMANAGER_00000000000000000004",
    "oWANGJING_0000000000000000005",
)
LIN_PHONE = "13800138000"

Line = tuple[str, str | tuple[str, ...]]


class Stage:
    """The people, the clock, and what was said."""

    def __init__(self, engine: Engine, client: redis.Redis, nlu: Nlu, shop: Shop = SHOP) -> None:
        self.now = START
        self.engine = engine
        self.house = House(
            engine=engine,
            shop=shop,
            clock=lambda: self.now,
            defer_message=deferring(lambda: self.now),
            random_digits=random_digits,
        )
        self.memory = ConversationStore(client)
        self.inbox = Inbox(client)
        self.bot = Bot(self.house, nlu, self.memory, STEPS, self.inbox.keep)
        self._numbers = itertools.count(1)

    def hear(self, incoming: Incoming) -> Reply:
        return self.bot.turn(incoming)

    def say(self, openid: str, said: str, *, key: str | None = None) -> Reply:
        """One typed message of one person."""
        number = next(self._numbers)
        incoming = Incoming(
            key=key or f"wx:{openid}:{number}", openid=openid, sent_at=self.now, kind="text", text=said
        )
        return self.hear(incoming)

    def event(self, openid: str, name: str, event_key: str = "") -> Reply:
        key = f"wx:{openid}:{self.now.timestamp()}:{name}:{event_key}:{next(self._numbers)}"
        return self.hear(
            Incoming(key=key, openid=openid, sent_at=self.now, kind="event", event=name, event_key=event_key)
        )

    def play(self, openid: str, table: Sequence[Line]) -> None:
        """Say each line and look for every expected piece in the answer (and its choices)."""
        heard: list[str] = []
        for said, expected in table:
            reply = self.say(openid, said)
            shown = "\n".join([reply.text, *(f"[{choice.label}]" for choice in reply.choices)])
            heard.append(f"> {said}\n{shown}")
            for piece in (expected,) if isinstance(expected, str) else expected:
                assert piece in shown, f"expected {piece!r}\n" + "\n\n".join(heard)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def count(self, table: str, where: str = "true") -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())


def hire(stage: Stage) -> None:
    """小林 with a bound card, a cashier and a manager at the first store, a cashier at the second, if any."""
    first, second = stage.house.shop.stores[0].id, stage.house.shop.stores[:2][-1].id
    for openid, name, role, store_id in (
        (CASHIER, "王芳", "cashier", first),
        (MANAGER, "李静", "manager", first),
        (OTHER_CASHIER, "赵敏", "cashier", second),
    ):
        code = staffing.invite(stage.house, name=name, role=role, store_id=store_id, created_by="test")
        assert not isinstance(staffing.accept_invitation(stage.house, openid=openid, code=code), Denied)
    registered = desk.register(stage.house, staff_openid=CASHIER, phone=LIN_PHONE, name="小林")
    assert not isinstance(registered, Denied)
    bind(stage, LIN, LIN_PHONE)


def bind(stage: Stage, openid: str, phone: str) -> None:
    code = desk.issue_phone_code(stage.house, staff_openid=CASHIER, phone=phone)
    assert isinstance(code, str)
    joined = joining.join_with_phone(stage.house, openid=openid, phone=phone, code=code)
    assert not isinstance(joined, Denied)
