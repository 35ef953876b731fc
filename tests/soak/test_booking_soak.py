"""Booking's long proof: everybody grabbing, moving, cancelling and blocking at once. `make soak`."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from actions.booking import bookings
from actions.booking.bookings import Blocked, Booked, Cancelled, Held, Taken, Wish
from actions.house import Denied

sys.path.append(str(Path(__file__).parents[1] / "integration"))

from booking_support import TUESDAY, Salon, at, slot
from racing_kit import at_once

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
ROUNDS = 50
CROWD = 200
WORKERS = 16
STEPS = 250


@pytest.fixture
def salon(database_url: str) -> Iterator[Salon]:
    engine = create_engine(database_url, pool_size=WORKERS, max_overflow=0, pool_timeout=120)
    made = Salon(engine)
    yield made
    made.check()
    engine.dispose()


def test_fifty_last_slots_of_two_hundred_tries_each(salon: Salon) -> None:
    crowd = [salon.member() for _ in range(CROWD)]
    clocks = ["10:00", "11:30", "14:00", "15:30", "17:00"]
    for number in range(ROUNDS):
        salon.now = at(TUESDAY, "08:00") + timedelta(days=number)
        wanted = slot(clocks[number % len(clocks)], day=TUESDAY + timedelta(days=number + 5))
        wish = Wish("facial", "east", "mei", wanted.start, grain="minute")
        results = at_once(
            [
                partial(
                    bookings.hold, salon.house, openid=each, wish=wish, slot=wanted, key=f"{number}{each}"
                )
                for each in crowd
            ]
        )
        assert sum(isinstance(result, Held) for result in results) == 1
        assert all(isinstance(result, Held | Taken) for result in results)


def test_everybody_does_everything_at_once(salon: Salon) -> None:
    """Nothing is ever taken twice, nobody hears of a lock, and all units have an owner that may have them."""
    manager = salon.staff("manager", "east")
    people = [salon.member(paid_fen=100_000) for _ in range(WORKERS)]
    results = at_once(
        [partial(_busy_day, salon, openid, manager, seed) for seed, openid in enumerate(people)]
    )
    assert sum(results) > 0


def _busy_day(salon: Salon, openid: str, manager: str, seed: int) -> int:
    """Random steps of one member, and now and then of the manager; how many bookings were made."""
    chance = random.Random(seed)
    made = 0
    for step in range(STEPS):
        key = f"soak:{seed}:{step}"
        done = chance.choice(_STEPS)(salon, openid, manager, chance, key)
        assert isinstance(done, Held | Taken | Booked | Cancelled | Denied | Blocked), done
        made += isinstance(done, Booked)
    return made


Step = Callable[[Salon, str, str, random.Random, str], object]


def _grab(salon: Salon, openid: str, manager: str, chance: random.Random, key: str) -> object:
    del manager
    service, minutes = chance.choice((("facial", 60), ("spa", 90)))
    day = TUESDAY + timedelta(days=chance.randrange(2))
    clock = f"{chance.randrange(10, 17)}:{chance.choice(('00', '30'))}"
    wanted = slot(clock, chance.choice(("mei", "li")), day=day, minutes=minutes)
    mine = bookings.mine(salon.house, openid=openid)
    moving = mine[0].id if isinstance(mine, tuple) and mine and chance.random() < 0.4 else None
    wish = Wish(service, "east", start=wanted.start, grain="minute")
    held = bookings.hold(salon.house, openid=openid, wish=wish, slot=wanted, key=key, moving=moving)
    if not isinstance(held, Held) or chance.random() < 0.2:
        return held
    return bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key=f"{key}:yes")


def _drop(salon: Salon, openid: str, manager: str, chance: random.Random, key: str) -> object:
    del manager
    mine = bookings.mine(salon.house, openid=openid)
    assert isinstance(mine, tuple)
    if not mine:
        return Denied("booking_not_found")
    return bookings.cancel(salon.house, openid=openid, booking_id=chance.choice(mine).id, key=key)


def _block(salon: Salon, openid: str, manager: str, chance: random.Random, key: str) -> object:
    del openid
    start = at(TUESDAY, f"{chance.randrange(10, 17)}:00")
    done = bookings.block(
        salon.house,
        staff_openid=manager,
        technician_id=chance.choice(("mei", "li")),
        start=start,
        end=start + timedelta(minutes=chance.randrange(15, 120)),
        kind="block",
        reason="",
        key=key,
    )
    if isinstance(done, Blocked) and chance.random() < 0.9:
        return bookings.unblock(salon.house, staff_openid=manager, block_id=done.block_id, key=f"{key}:u")
    return done


_STEPS: tuple[Step, ...] = (_grab, _grab, _grab, _drop, _block)
