"""The counter: a whole 消费, from the cashier's message through the webhook to the receipt in the queue.

`python bench/counter.py [--seconds N] [--clients N] [--members N] [--workers N]`

Real PostgreSQL (durable commits) and Redis, `zhanggui serve` with four processes, sealed messages. Every
client is a cashier: one message is quoted (member found, coupons and level read, best price searched), the
next one, “1”, books it with act, reasons, level and receipt. No receipt is sent: the worker is stopped, so
that the figure is the counter's alone. At the end every yes has to be in the book, its receipt deferred.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import requests
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)
sys.path.append(str(ROOT / "tests" / "e2e"))

from town import Town  # noqa: E402

from actions.house import Denied  # noqa: E402
from actions.membership import staffing  # noqa: E402
from bot.bootstrap import make_engine, make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.embedded.redis_server import RedisServer  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from ledger import book, migrations  # noqa: E402
from ledger.records import members  # noqa: E402
from shop.files import load as load_shop  # noqa: E402

FIRST_PHONE = 13_900_000_000
MONEY_FEN = 400_000


def _load_neighbour() -> ModuleType:
    """bench/webhook.py, which knows how WeChat signs and seals (its name is also a package's)."""
    spec = importlib.util.spec_from_file_location("bench_webhook", ROOT / "bench" / "webhook.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("bench/webhook.py is not there")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_webhook"] = module
    spec.loader.exec_module(module)
    return module


door = _load_neighbour()


@dataclass
class Timings:
    """Seconds: of the quote, of the yes, of both."""

    quotes: list[float] = field(default_factory=list)
    yeses: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)


@contextmanager
def open_town(workers: int) -> Iterator[Town]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zg-bench-")))
        postgres, redis = PostgresServer(folder / "pg"), RedisServer(folder / "redis")
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        postgres.ensure_database("zhanggui")
        migrations.upgrade(postgres.url())
        town = Town(folder / "town", postgres.url(), redis.url(), web_processes=workers)
        stack.callback(town.close)
        town.open()
        town.kill("worker")
        yield town


def people(database_url: str, cashiers: int, count: int) -> tuple[list[str], list[str]]:
    """Cashiers' accounts, and the phones of members who have money and a WeChat account."""
    engine = make_engine(database_url, pool_size=1, durable=False)
    house = make_house(engine, load_shop(EXAMPLE_SHOP), lambda: datetime.now(UTC))
    openids = [f"oBENCH_cashier_{number:013d}" for number in range(cashiers)]
    for openid in openids:
        code = staffing.invite(house, name="收银", role="manager", store_id="guomao", created_by="bench")
        if isinstance(staffing.accept_invitation(house, openid=openid, code=code), Denied):
            raise RuntimeError("the invitation was refused")
    phones = [str(FIRST_PHONE + number) for number in range(count)]
    now = datetime.now(UTC)
    for start in range(0, count, 500):
        with engine.begin() as connection:
            for phone in phones[start : start + 500]:
                member_id = members.create(
                    connection,
                    name="会员",
                    home_store_id="guomao",
                    level="newcomer",
                    joined_at=now,
                    phone=phone,
                )
                members.bind(connection, member_id=member_id, openid=f"oBENCH_{phone:0>21}", at=now)
                header = book.Header(f"bench:{phone}", "guomao", "system", member_id, now, now)
                book.top_up(connection, header, paid_fen=MONEY_FEN, payment_method="cash")
    engine.dispose()
    return openids, phones


def serve_customers(town: Town, openids: list[str], phones: list[str], seconds: float) -> Timings:
    """Every cashier serves one customer after the other until the time is over."""
    platform, timings, failed = door.Platform(), Timings(), list[BaseException]()
    customers = itertools.cycle(phones)
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def cashier(openid: str) -> None:
        session = requests.Session()
        session.trust_env = False
        try:
            while time.monotonic() < end:
                with lock:
                    phone = next(customers)
                started = time.perf_counter()
                say(session, town, platform, openid, f"消费 {phone} 眉形设计")
                asked = time.perf_counter()
                say(session, town, platform, openid, "1")
                done = time.perf_counter()
                timings.quotes.append(asked - started)
                timings.yeses.append(done - asked)
                timings.wholes.append(done - started)
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failed.append(error)

    threads = [threading.Thread(target=cashier, args=(openid,)) for openid in openids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return timings


def say(session: requests.Session, town: Town, platform: object, openid: str, words: str) -> None:
    query, body = platform.push(openid, door.text_body(words))  # type: ignore[attr-defined]
    answer = session.post(f"{town.web}/wechat?{query}", data=body, timeout=10)
    if answer.status_code != 200 or "Encrypt" not in answer.text:
        raise RuntimeError(f"unexpected answer: {answer.status_code} {answer.text[:200]}")


def check(database_url: str, yeses: int) -> None:
    """Every yes is in the book, and every receipt in the queue."""
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        booked = connection.execute(
            text("SELECT count(*) FROM transfer WHERE kind = 'purchase' AND refused IS NULL")
        ).scalar_one()
        told = connection.execute(
            text("SELECT count(*) FROM message WHERE kind = 'purchase_receipt'")
        ).scalar_one()
    engine.dispose()
    if (booked, told) != (yeses, yeses):
        raise RuntimeError(f"{yeses} were confirmed, {booked} booked, {told} receipts queued")


def main() -> None:
    parser = argparse.ArgumentParser(description="Purchases at the counter per second, through the webhook")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    with open_town(options.workers) as town:
        openids, phones = people(town.database_url, options.clients, options.members)
        warm = serve_customers(town, openids, phones, min(options.seconds, 2))
        timings = serve_customers(town, openids, phones[len(warm.wholes) % len(phones) :], options.seconds)
        check(town.database_url, len(warm.wholes) + len(timings.wholes))
    show(timings, options.seconds)


def show(timings: Timings, seconds: float) -> None:
    table = Table("case", "per second", "p50 ms", "p99 ms")
    cases = (
        ("quote: the message answered", timings.quotes),
        ("yes: booked, receipt deferred", timings.yeses),
        ("whole 消费: both messages", timings.wholes),
    )
    for name, times in cases:
        cuts = statistics.quantiles(times, n=100)
        table.add_row(name, f"{len(times) / seconds:.0f}", f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
