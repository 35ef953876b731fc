"""What every action needs from outside: the book, the shop's rules, the clock, randomness, the job queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from shop.model import Shop

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class House:
    """The dependencies of the actions; wired once in `bot.bootstrap`.

    Attributes:
        defer_message: queue the sending of one outbox row inside the open transaction, not before the moment
            given: nothing is sent for what was rolled back, nothing is lost of what was committed.
        random_digits: n random decimal digits, for codes.
        send_code: (phone, code, id) → whether a short message with the code went out; None: no provider.
    """

    engine: Engine
    shop: Shop
    clock: Clock
    defer_message: Callable[[Connection, int, datetime], None]
    random_digits: Callable[[int], str]
    send_code: Callable[[str, str, str], bool] | None = None


@dataclass(frozen=True)
class Denied:
    """An action that was not done, and why; `code` names a text in `shop.texts`, `detail` fills it."""

    code: str
    detail: dict[str, object] = field(default_factory=dict)
