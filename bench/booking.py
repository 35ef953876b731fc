"""How fast appointments are offered, held and booked. `python bench/booking.py [--share S] [--tries N]`

A shop with ten technicians and 60 days ahead, most of it booked; real PostgreSQL, durable commits. Offers are
asked for exact times, days and parts of days, with and without a technician, and once more in a shop that is
full to the last quarter of an hour. Hold and confirm are measured alone and with eight threads at once.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from sqlalchemy import Connection, Engine, create_engine, text  # noqa: E402

from actions.booking import bookings  # noqa: E402
from actions.booking.bookings import Booked, Held, Offer, Taken, Wish  # noqa: E402
from actions.house import House  # noqa: E402
from bot.bootstrap import make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from ledger import migrations  # noqa: E402
from ledger.records import members  # noqa: E402
from shop.files import loads  # noqa: E402
from shop.model import Shop  # noqa: E402
from shop.slots import Grain, Slot  # noqa: E402

TECHNICIANS = 10
DAYS = 60
THREADS = 8
MEMBERS = 400
CROWD = 200
POOL = 20
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # 09:00 in the shop

SHOP_TEXT = """
name: 大店
stores: [{id: main, name: 总店, address: 大街 1 号, phone: 010-80000101, hours: {every_day: "10:00-21:00"}}]
categories: [{id: care, name: 护理}]
services:
  - {id: facial, name: 面护, category: care, price: 200, duration_minutes: 60, resources: [bed],
     buffer_after_minutes: 15}
technicians:
%s
top_up: {minimum: 100, maximum: 5000}
levels: [{id: plain, name: 会员}]
booking:
  slot_minutes: 15
  latest_days: 60
  max_open: 50
  resources: [{id: bed, name: 护理床, capacity: {main: 10}}]
payment_methods: [{id: cash, name: 现金}]
roles:
  - {id: cashier, name: 收银员}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""


def make_shop() -> Shop:
    lines = [
        f"  - {{id: t{n}, name: 技师{n}, stores: [main], "
        f"rosters: [{{every_day: '10:00-21:00', breaks: '12:{15 * (n % 3):02d}-13:00'}}]}}"
        for n in range(TECHNICIANS)
    ]
    return loads(SHOP_TEXT % "\n".join(lines))


def fill(house: House, engine: Engine, share: float) -> int:
    """Book the given share of every technician's hours, straight into the tables."""
    shop, chance = house.shop, random.Random(7)
    with engine.begin() as connection:
        member_ids = [row[0] for row in connection.execute(text("SELECT id FROM member ORDER BY id"))]
        for day in range(DAYS + 1):
            for number in range(TECHNICIANS):
                for hour in (10, 11, 13, 14, 15, 16, 17, 18, 19):
                    if chance.random() < share:
                        _book(connection, shop, chance.choice(member_ids), day, number, hour)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE booking"))
        connection.execute(text("ANALYZE booking_unit"))
        return int(connection.execute(text("SELECT count(*) FROM booking")).scalar_one())


def _book(connection: Connection, shop: Shop, member_id: int, day: int, number: int, hour: int) -> None:
    start = datetime(2026, 11, 23, hour, 0, tzinfo=shop.zone) + timedelta(days=day)
    resources = sorted((f"technician:t{number}", f"main/bed#{number + 1}"))
    connection.execute(
        text("""
            WITH made AS (
                INSERT INTO booking (key, member_id, service_id, store_id, technicians, starts_at, ends_at,
                    resources, taken_from, taken_until, people, state, terms, created_by, created_at)
                VALUES (:key, :member, 'facial', 'main', ARRAY[:technician], :start, :end,
                    :resources, :start, :until, 1, 'booked', '{}', 'bench', :start)
                RETURNING id, taken_from, taken_until, resources)
            INSERT INTO booking_unit (resource, starts_at, booking_id)
            SELECT r, u, id FROM made, unnest(resources) AS r,
                generate_series(taken_from, taken_until - interval '15 minutes', interval '15 minutes') AS u
        """),
        {
            "key": f"bench:{day}:{number}:{hour}",
            "member": member_id,
            "technician": f"t{number}",
            "start": start,
            "end": start + timedelta(minutes=60),
            "until": start + timedelta(minutes=60),
            "resources": resources,
        },
    )


def wish(shop: Shop, chance: random.Random) -> Wish:
    day = date(2026, 11, 24) + timedelta(days=chance.randrange(DAYS - 2))
    grain: Grain = chance.choice(("minute", "day", "part"))
    hour = chance.randrange(10, 20) if grain == "minute" else 14 if grain == "part" else 0
    technician = f"t{chance.randrange(TECHNICIANS)}" if chance.random() < 0.5 else None
    start = datetime(day.year, day.month, day.day, hour, tzinfo=shop.zone)
    return Wish("facial", None, technician, start, grain=grain)


def timed(operation: Callable[[], object], count: int) -> list[float]:
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        operation()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def row(table: Table, name: str, taken: list[float]) -> None:
    ordered = sorted(taken)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    table.add_row(
        name, str(len(ordered)), f"{statistics.median(ordered):.1f}", f"{p99:.1f}", f"{ordered[-1]:.1f}"
    )


def offering(house: House, openids: list[str], chance: random.Random) -> Callable[[], None]:
    def operation() -> None:
        offer = bookings.offer(house, openid=chance.choice(openids), wish=wish(house.shop, chance))
        assert isinstance(offer, Offer), offer

    return operation


def holding(
    house: House, openids: list[str], chance: random.Random, times: list[tuple[float, float]]
) -> None:
    """One offer, one hold, one confirm; the times of the last two are kept when the hold was won."""
    openid = chance.choice(openids)
    wished = wish(house.shop, chance)
    offer = bookings.offer(house, openid=openid, wish=wished)
    assert isinstance(offer, Offer)
    if not offer.slots:
        return
    slot: Slot = offer.slots[0]
    key = f"bench:{next(_NUMBERS)}"
    started = time.perf_counter()
    held = bookings.hold(house, openid=openid, wish=wished, slot=slot, key=key)
    middle = time.perf_counter()
    if isinstance(held, Taken):
        return
    if not isinstance(held, Held):
        return  # this member has enough bookings ahead
    booked = bookings.confirm(house, openid=openid, booking_id=held.booking_id, key=f"{key}:yes")
    if isinstance(booked, Booked):
        times.append(((middle - started) * 1000, (time.perf_counter() - middle) * 1000))


_NUMBERS = itertools.count(1)


def crowd(house: House, openids: list[str], count: int) -> list[tuple[float, float]]:
    times: list[tuple[float, float]] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        for _ in range(count // THREADS):
            holding(house, openids, chance, times)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def last_slot(house: House, openids: list[str], number: int) -> float:
    """Two hundred members want one slot: how long the slowest of them waits for his answer."""
    start = datetime(2026, 11, 24, 20, 0, tzinfo=house.shop.zone) + timedelta(days=number)
    slot = Slot("main", "t0", start, start + timedelta(minutes=60))
    wished = Wish("facial", "main", "t0", start, grain="minute")
    gate = threading.Barrier(CROWD)
    waits: list[float] = []
    won: list[str] = []

    def work(openid: str) -> None:
        gate.wait()
        started = time.perf_counter()
        key = f"last:{number}:{openid}"
        result = bookings.hold(house, openid=openid, wish=wished, slot=slot, key=key)
        waits.append((time.perf_counter() - started) * 1000)
        if isinstance(result, Held):
            won.append(openid)

    threads = [threading.Thread(target=work, args=(openid,)) for openid in openids[:CROWD]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1, won
    return max(waits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.8, help="of every technician's hours that is booked")
    parser.add_argument("--tries", type=int, default=300)
    arguments = parser.parse_args()
    shop = make_shop()
    with tempfile.TemporaryDirectory(prefix="zg-bench-") as scratch:
        server = PostgresServer(Path(scratch) / "pg", {"max_connections": "150"})
        server.start()
        try:
            run(server, shop, arguments.share, arguments.tries)
        finally:
            server.stop()


def run(server: PostgresServer, shop: Shop, share: float, tries: int) -> None:
    server.ensure_database("bench")
    migrations.upgrade(server.url("bench"))
    engine = create_engine(
        server.url("bench"),
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"options": "-c lock_timeout=2s -c statement_timeout=3s -c timezone=UTC"},
    )
    house = make_house(engine, shop, lambda: NOW)
    openids = [f"oBENCH{number:022d}" for number in range(MEMBERS)]
    with engine.begin() as connection:
        for openid in openids:
            member_id = members.create(
                connection, name="客", home_store_id="main", level="plain", joined_at=NOW
            )
            members.bind(connection, member_id=member_id, openid=openid, at=NOW)
    console = Console()
    made = fill(house, engine, share)
    table = Table(title=f"{TECHNICIANS} technicians, {DAYS} days, {made:,} bookings (ms)")
    for column in ("case", "n", "p50", "p99", "worst"):
        table.add_column(column, justify="left" if column == "case" else "right")
    chance = random.Random(1)
    timed(offering(house, openids, chance), 20)
    row(table, "offer", timed(offering(house, openids, chance), tries))
    warm(engine)
    slowest = [last_slot(house, openids, number) for number in range(5)]
    row(table, f"{CROWD} want one slot: slowest answer", slowest)
    single: list[tuple[float, float]] = []
    for _ in range(tries):
        holding(house, openids, chance, single)
    row(table, "hold, one at a time", [one[0] for one in single])
    row(table, "confirm, one at a time", [one[1] for one in single])
    many = crowd(house, openids, tries * 2)
    row(table, f"hold, {THREADS} threads", [one[0] for one in many])
    row(table, f"confirm, {THREADS} threads", [one[1] for one in many])
    fill_up(engine)
    row(table, "offer in a full shop", timed(offering(house, openids, chance), 30))
    console.print(table)
    engine.dispose()


def warm(engine: Engine) -> None:
    """Open the pool's connections, as a server has them open."""
    opened = [engine.connect() for _ in range(POOL)]
    for connection in opened:
        connection.close()


def fill_up(engine: Engine) -> None:
    """Take every quarter of an hour that is left, as a leave of everybody would."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        connection.execute(text("INSERT INTO staff (name, role, created_at) VALUES ('员工', 'owner', now())"))
        connection.execute(
            text("""
                WITH leave AS (
                    INSERT INTO booking_block
                        (key, resource, kind, starts_at, ends_at, reason, staff_id, created_at)
                    SELECT 'full:' || n, 'technician:t' || n, 'leave', :first, :last, '',
                        (SELECT min(id) FROM staff), now()
                    FROM generate_series(0, 9) AS n RETURNING id, resource)
                INSERT INTO booking_unit (resource, starts_at, block_id)
                SELECT resource, u, id FROM leave, generate_series(
                    CAST(:first AS timestamptz), CAST(:last AS timestamptz), interval '15 minutes') AS u
                ON CONFLICT DO NOTHING
            """),
            {"first": NOW, "last": NOW + timedelta(days=DAYS + 3)},
        )


if __name__ == "__main__":
    main()
