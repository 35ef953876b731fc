"""How long a day close takes. `python bench/day_close.py`; the last line is the figure to compare.

One store's day of so many entries by three cashiers and three payment methods, half top-ups, half purchases,
a tenth of them with money received in another store; on a private, durable PostgreSQL. Measured are the
actions as a manager's message calls them: the overview, the close itself (figures, seal, receipts to the
owner), the settlement of the month, and the two exports.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

# This file's own name is that of a module it measures: look for packages in the project, not beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from sqlalchemy import Engine, text  # noqa: E402

from actions.closing import day_close, exports, settlement  # noqa: E402
from actions.closing.day_close import ClosedDay, CloseQuote, OpenDay  # noqa: E402
from actions.closing.exports import Wanted  # noqa: E402
from actions.closing.settlement import MonthSettlement  # noqa: E402
from actions.house import House  # noqa: E402
from bot.bootstrap import make_engine, make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from ledger import book  # noqa: E402
from ledger.book import Header, Line  # noqa: E402
from ledger.migrations import upgrade  # noqa: E402
from ledger.records import members, staff  # noqa: E402
from shop.files import load  # noqa: E402

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
METHODS = ("cash", "wechat", "alipay")
MANAGER, OWNER = "oMANAGER", "oOWNER"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=5_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="zgd-"))
    server = PostgresServer(folder / "pg", {"shared_buffers": "512MB", "max_wal_size": "8GB"})
    server.start()
    try:
        server.ensure_database("bench")
        upgrade(server.url("bench"))
        _fill(make_engine(server.url("bench"), durable=False), options.members, options.entries)
        engine = make_engine(server.url("bench"))
        print(_measure(make_house(engine, load(EXAMPLE_SHOP), lambda: NOW), folder, options.entries))
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(engine: Engine, member_count: int, entries: int) -> None:
    with engine.begin() as connection:
        for name, role, store, openid in (
            ("李静", "manager", "guomao", MANAGER),
            ("陈总", "owner", None, OWNER),
        ):
            staff.create(connection, name=name, role=role, store_id=store, created_at=NOW, openid=openid)  # type: ignore[arg-type]
        ids = [
            members.create(
                connection,
                name=f"会员{n}",
                home_store_id="guomao",
                level="new",
                joined_at=NOW - timedelta(days=30),
            )
            for n in range(member_count)
        ]
    began = time.perf_counter()
    for start in range(0, entries, 500):
        with engine.begin() as connection:
            for n in range(start, min(start + 500, entries)):
                _enter(connection, n, ids[n // 2 % member_count])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    print(f"{entries} entries of {member_count} members written in {time.perf_counter() - began:.0f} s")


def _enter(connection: object, n: int, member_id: int) -> None:
    at = NOW - timedelta(hours=8) + timedelta(seconds=n)
    store = "wangjing" if n % 20 == 0 else "guomao"
    header = Header(f"k{n}", store, f"staff:{n % 3 + 1}", member_id, at, at)
    if n % 2 == 0:
        done = book.top_up(
            connection,  # type: ignore[arg-type]
            header,
            paid_fen=30_000,
            payment_method=METHODS[n % 3],
            gift_fen=1_000,
            points=300,
        )
    else:
        done = book.purchase(
            connection,  # type: ignore[arg-type]
            header,
            lines=[Line("facial_basic", "基础清洁护理", "facial", 1, 19_800, 19_800)],
            stored_fen=19_000,
            spending_order="paid_in_first",
            outside_fen=800,
            payment_method=METHODS[n % 3],
            points_earned=198,
        )
    if not isinstance(done, book.Posted):
        raise TypeError(done)


def _measure(house: House, folder: Path, entries: int) -> str:
    def timed(name: str, work: Callable[[], object]) -> object:
        began = time.perf_counter()
        result = work()
        seconds[name] = time.perf_counter() - began
        return result

    seconds: dict[str, float] = {}
    shown = timed("overview", lambda: day_close.open_day(house, staff_openid=MANAGER))
    assert isinstance(shown, OpenDay)
    counts = {method: shown.figures.total("cash", code=method) for method in METHODS}
    quote = timed("quote", lambda: day_close.quote_close(house, staff_openid=MANAGER, counts=counts))
    assert isinstance(quote, CloseQuote)
    closed = timed("close", lambda: day_close.close_day(house, staff_openid=MANAGER, quote=quote, key="c"))
    assert isinstance(closed, ClosedDay)
    settled = timed("settlement", lambda: settlement.settle_month(house, staff_openid=OWNER))
    assert isinstance(settled, MonthSettlement)
    assert settled.settlement.payments
    for what in ("day", "entries"):
        for file_format in ("xlsx", "csv"):
            path = folder / f"{what}.{file_format}"
            wanted = Wanted(what, DAY, DAY)  # type: ignore[arg-type]
            timed(
                f"export {what} {file_format}",
                lambda w=wanted, f=file_format, p=path: exports.export(  # type: ignore[misc]
                    house, w, file_format=f, path=p, origin="bench"
                ),
            )
    for name, value in seconds.items():
        print(f"{name:22} {value * 1000:8.0f} ms")
    return f"day_close_{entries}_ms={seconds['close'] * 1000:.0f}"


if __name__ == "__main__":
    main()
