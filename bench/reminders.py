"""How long the nightly look for reminders takes. `python bench/reminders.py`; the last line is the figure.

So many members with a card in WeChat, a twentieth of whom used it in three days; each has stored value, gift
money and points, whose lots end over a year. Then a second night, which finds nothing new; and how many
reminders one worker and four workers decide about and queue. On a private, durable PostgreSQL.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

# This file's own name is that of a module it measures: look for packages in the project, not beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from sqlalchemy import Engine, text  # noqa: E402

from actions import reminders  # noqa: E402
from actions.house import House  # noqa: E402
from bot.bootstrap import make_engine, make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from ledger.migrations import upgrade  # noqa: E402
from shop.files import load  # noqa: E402

NOW = datetime(2026, 11, 21, 20, 17, tzinfo=UTC)  # 04:17 in the shop
FILL = """
INSERT INTO member (name, home_store_id, level, joined_at)
    SELECT '客' || n, 'guomao', 'newcomer', :now - interval '1 year' FROM generate_series(1, :members) AS n;
INSERT INTO binding (openid, member_id, bound_at) SELECT 'o' || id, id, joined_at FROM member;
INSERT INTO contact (openid, following, followed_at) SELECT 'o' || id, true, joined_at FROM member;
INSERT INTO wallet (member_id, recorded_at)
    SELECT id, :now - CASE WHEN id % 20 = 0 THEN interval '1 hour' ELSE interval '60 days' END FROM member;
INSERT INTO account (member_id, store_id, kind, code, unit, may_go_negative, balance)
    SELECT id, '', kind, '', unit, false, CASE WHEN kind = 'paid_in' THEN (id % 100) * 1000 ELSE 100 END
    FROM member, (VALUES ('paid_in', 'fen'), ('gift', 'fen'), ('points', 'points')) AS kinds (kind, unit);
INSERT INTO lot (account_id, transfer_id, store_id, amount, remaining, expires_at)
    SELECT id, 0, 'guomao', 100, 100, date_trunc('day', CAST(:now AS timestamptz)) + interval '16 hours'
           + (member_id % 365) * interval '1 day'
    FROM account WHERE kind <> 'paid_in';
ANALYZE
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=4_000, help="reminders that are sent for the rate")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="zgr-"))
    server = PostgresServer(folder / "pg", {"shared_buffers": "512MB", "max_wal_size": "8GB"})
    server.start()
    try:
        server.ensure_database("bench")
        upgrade(server.url("bench"))
        filling = make_engine(server.url("bench"), durable=False)
        _fill(filling, options.members)
        filling.dispose()
        engine = make_engine(server.url("bench"))
        print(_measure(make_house(engine, load(EXAMPLE_SHOP), lambda: NOW), options.members, options.sent))
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(engine: Engine, count: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in FILL.split(";"):
            bound = {"now": NOW, "members": count}
            connection.execute(text(statement), {k: v for k, v in bound.items() if f":{k}" in statement})


def _measure(house: House, members: int, sent: int) -> str:
    start = time.perf_counter()
    planned = reminders.plan_nightly(house)
    first = time.perf_counter() - start
    start = time.perf_counter()
    again = reminders.plan_nightly(house)
    second = time.perf_counter() - start
    by_day = replace(house, clock=lambda: NOW + timedelta(hours=8))
    rates = [_rate(by_day, sent // 2, workers) for workers in (1, 4)]
    return (
        f"{members:,} members: {planned:,} reminders planned in {first:.1f} s, a second night {again} in "
        f"{second:.1f} s; decided and queued {rates[0]:.0f}/s by 1 worker, {rates[1]:.0f}/s by 4"
    )


def _rate(house: House, most: int, workers: int) -> float:
    done: list[int] = []
    each = most // workers

    def work() -> None:
        done.append(reminders.send_due(house, most=each))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
