"""How long a sweep over all members takes. `python bench/campaigns.py --members 100000`.

A private, durable PostgreSQL with so many members, each with a card, a top-up and up to five purchases over
the past year (loaded by COPY, with what campaigns read: no hash chains). Measured: the facts, each nightly
campaign of the example shop and all of them together, on the first night and on the second; this process's
memory; and how fast what was chosen is given. The last line is the figure to compare.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

# This file's own name is that of a module it measures: look for packages in the project, not beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import psycopg  # noqa: E402
from sqlalchemy import Engine, text  # noqa: E402

from actions import campaign_grants, campaigns  # noqa: E402
from actions.house import House  # noqa: E402
from bot.bootstrap import make_engine, make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from ledger.migrations import upgrade  # noqa: E402
from ledger.records import campaigns as records  # noqa: E402
from ledger.reports import campaign_audience  # noqa: E402
from shop.files import load  # noqa: E402

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)  # three in the night of the 23rd, in the shop
ITEMS = (
    ("facial_basic", "facial"),
    ("shoulder_neck", "body"),
    ("nails_plain", "nails"),
    ("mask_box", "home_care"),
)
GIVEN = 500
TABLES = {
    "member": "id, name, home_store_id, level, joined_at, birthday",
    "wallet": "member_id, version, seq",
    "account": "id, member_id, store_id, kind, code, unit, may_go_negative, balance",
    "transfer": "id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,"
    " memo, result, seq, hash",
    "purchase_line": "transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=100_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="zgc-"))
    server = PostgresServer(folder / "pg", {"shared_buffers": "512MB", "max_wal_size": "4GB"})
    server.start()
    try:
        server.ensure_database("bench")
        upgrade(server.url("bench"))
        started = time.perf_counter()
        _load(server.conninfo("bench"), options.members)
        print(f"loaded {options.members:,} members in {time.perf_counter() - started:.0f} s")
        engine = make_engine(server.url("bench"))
        print(_measure(engine, options.members))
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _load(conninfo: str, members: int) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers while loading
        connection.execute("SET synchronous_commit = off")
        for table, columns in TABLES.items():
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                for lines in _lines(table, members):
                    copy.write(lines)
        for table in ("member", "account", "transfer"):
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))".encode()
            )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _lines(table: str, members: int) -> Iterator[str]:
    batch: list[str] = []
    for member in range(1, members + 1):
        batch += _of_member(table, member)
        if len(batch) > 50_000:
            yield "".join(batch)
            batch.clear()
    yield "".join(batch)


def _of_member(table: str, member: int) -> list[str]:
    """One member's rows of a table; who comes how often, and when last, follows from his number."""
    if table == "member":
        born = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=member * 37 % 12_000)
        joined = NOW - timedelta(days=380 - member % 375)
        return [f"{member}\t会员{member}\tguomao\tnewcomer\t{joined.isoformat()}\t{born.date()}\n"]
    if table == "wallet":
        return [f"{member}\t6\t6\n"]
    if table == "account":
        paid, first = member * 7919 % 200_000, member * 3
        kinds = (("paid_in", "fen", paid), ("gift", "fen", paid // 10), ("points", "points", 100))
        return [
            f"{first + n}\t{member}\t\t{kind}\t\t{unit}\tf\t{balance}\n"
            for n, (kind, unit, balance) in enumerate(kinds)
        ]
    first = (member - 1) * 6 + 1
    visits = member % 6
    if table == "purchase_line":
        return [
            "{}\t1\t{}\t项目\t{}\t1\t19800\t19800\n".format(first + n, *ITEMS[(member + n // 4) % 4])
            for n in range(1, visits + 1)
        ]
    rows = []
    for n in range(visits + 1):
        at = (NOW - timedelta(days=(member * 13 + n * 31) % 360, hours=n)).isoformat()
        kind = "purchase" if n else "top_up"
        request = '{"paid_fen": 50000, "kind": "' + kind + '", "filler": "' + "x" * 200 + '"}'
        rows.append(
            f"{first + n}\tload-{first + n}\t\\\\x00\t{request}\t{kind}\tguomao\tstaff:1\t{member}"
            f"\t{at}\t{at}\t\t"
            f'{{"version": {n + 1}}}\t{n + 1}\t\\\\x00\n'
        )
    return rows


def _measure(engine: Engine, members: int) -> str:
    house = make_house(engine, load(EXAMPLE_SHOP), lambda: NOW)
    _one_by_one(house)
    before = _memory_mb()
    nights = [_timed(lambda: campaigns.choose_all(house, _nightly(house), NOW)) for _ in range(2)]
    grown = _memory_mb() - before
    chosen = f"{nights[0][1]:,} chosen, then {nights[1][1]:,}; memory grew by {grown:.1f} MB"
    rate = _give(house)
    return (
        f"{members:,} members: a sweep of {len(_nightly(house))} campaigns {nights[0][0]:.1f} s, "
        f"again {nights[1][0]:.1f} s; {chosen}; {rate:.0f} given a second"
    )


def _nightly(house: House) -> list:  # type: ignore[type-arg]
    return [each for each in campaigns.by_priority(house.shop) if each.trigger.on not in campaigns.FREQUENT]


def _one_by_one(house: House) -> None:
    """Each campaign by itself, taken back."""
    with house.engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SET LOCAL work_mem = '64MB'"))
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        started = _cpu(pid)
        seconds, _ = _timed(lambda: campaigns.gather(connection, house.shop, _nightly(house), NOW) or 0)
        print(f"  facts of all members   {seconds:6.2f} s ({_cpu(pid) - started:.2f} of CPU)")
        for each in _nightly(house):
            values = campaigns.trigger_values(house.shop, each, NOW)
            if values is None:
                continue
            point = connection.begin_nested()
            one = campaigns.audience(house.shop, each, values, NOW)
            started = _cpu(pid)
            seconds, chosen = _timed(
                lambda one=one: campaign_audience.choose(connection, one, at=NOW).treated
            )
            cpu = _cpu(pid) - started
            point.rollback()
            print(f"  {each.id:<22} {seconds:6.2f} s ({cpu:.2f} of CPU), {chosen:,} chosen", flush=True)
        transaction.rollback()


def _give(house: House) -> float:
    """Members a second, one worker."""
    done, started = 0, time.perf_counter()
    while done < GIVEN:
        with house.engine.begin() as connection:
            batch = records.claim(connection, NOW, campaign_grants.BATCH)
            done += sum(campaign_grants.settle(house, connection, chosen, NOW) for chosen in batch)
        if not batch:
            break
    return done / (time.perf_counter() - started)


def _timed(work) -> tuple[float, int]:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, int(done)


def _cpu(pid: int) -> float:
    """Seconds of CPU that a server process has used: on a busy machine that says more than the clock."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
