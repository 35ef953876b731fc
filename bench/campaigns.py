"""How long a sweep over all members takes. `python bench/campaigns.py --members 1000000`.

A private, durable PostgreSQL with so many members (`campaigns_load`). Measured: the nightly campaigns of the
example shop on the first night, which finds nearly all members unspoken to, on the night after, and on the
next member day, which speaks to everybody with a balance; by the clock, and by the CPU of the whole server,
which says more on a busy machine; the memory of this process and of the server's processes; and how fast what
was chosen is given.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

# This file's own name is that of a module it measures: look for packages in the project, not beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import structlog  # noqa: E402
from rich.console import Console  # noqa: E402
from sqlalchemy import Engine  # noqa: E402

from actions import campaign_grants, campaigns  # noqa: E402
from actions.house import House  # noqa: E402
from bench.campaigns_load import load  # noqa: E402
from bot.bootstrap import make_engine, make_house  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from ledger.migrations import upgrade  # noqa: E402
from ledger.records import campaigns as records  # noqa: E402
from ledger.reports import campaign_facts  # noqa: E402
from shop import files  # noqa: E402
from shop.model import Campaign  # noqa: E402

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)  # three in the night of the 23rd, in the shop
NIGHTS = {"first": 0, "second": 1, "member day": 25}
GIVEN = 500
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--each", action="store_true", help="also each campaign by itself")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = Path(tempfile.mkdtemp(prefix="zgc-"))
    server = PostgresServer(folder / "pg", SETTINGS)
    server.start()
    try:
        server.ensure_database("bench")
        upgrade(server.url("bench"))
        started = time.perf_counter()
        load(server.conninfo("bench"), options.members, NOW, Console())
        print(f"loaded {options.members:,} members in {time.perf_counter() - started:.0f} s", flush=True)
        engine = make_engine(server.url("bench"))
        assert server.process is not None
        _measure(engine, Meter(server.process.pid), each=options.each)
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Meter:
    """Looks at the server's processes from outside.

    Attributes:
        most_mb: the most memory that one of them had to itself, shared buffers left out.
    """

    postmaster: int
    most_mb: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def cpu(self) -> float:
        """Seconds, of all its processes, those that have ended included."""
        ticks = sum(self._stat(self.postmaster, 11, 12, 13, 14))
        ticks += sum(sum(self._stat(child, 11, 12)) for child in self._children())
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def watching_memory(self) -> Iterator[None]:
        self.most_mb = 0.0
        self._ended.clear()
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._ended.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.most_mb = max(self.most_mb, *(self._own_mb(child) for child in self._children()))

    def _children(self) -> list[int]:
        return [
            int(each.name)
            for each in Path("/proc").iterdir()
            if each.name.isdigit() and self._stat(int(each.name), 1) == [self.postmaster]
        ]

    @staticmethod
    def _stat(pid: int, *places: int) -> list[int]:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended
            return []
        return [int(fields[place]) for place in places]

    @staticmethod
    def _own_mb(pid: int) -> float:
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            return 0.0
        return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def _measure(engine: Engine, meter: Meter, *, each: bool) -> None:
    house = make_house(engine, files.load(EXAMPLE_SHOP), lambda: NOW)
    wanted = nightly(house)
    print(f"this process before: {own_memory_mb():.0f} MB")
    for name, days in NIGHTS.items():
        now = NOW + timedelta(days=days)
        speak = sum(campaigns.trigger_values(house.shop, one, now) is not None for one in wanted)
        if name == "member day":
            print(f"{_give(house, NOW + timedelta(days=1)):.0f} given a second", flush=True)
        if each:
            _one_by_one(house, meter, now)
        with meter.watching_memory():
            seconds, cpu, chosen = _timed(meter, lambda now=now: campaigns.choose_all(house, wanted, now))
        print(
            f"{name}: {speak} of {len(wanted)} campaigns speak, {chosen:,} chosen in {seconds:.1f} s,"
            f" server's CPU {cpu:.1f} s; most memory of this process {own_memory_mb():.0f} MB, of one of the"
            f" server's {meter.most_mb:.0f} MB; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def nightly(house: House) -> list[Campaign]:
    return [each for each in campaigns.by_priority(house.shop) if each.trigger.on not in campaigns.FREQUENT]


def _one_by_one(house: House, meter: Meter, now: datetime) -> None:
    """The night in one transaction, campaign by campaign, taken back."""
    with house.engine.connect() as connection:
        transaction = connection.begin()
        campaign_facts.prepare(connection)
        wanted = nightly(house)
        seconds, cpu, _ = _timed(meter, lambda: campaigns.gather(connection, house.shop, wanted, now) or 0)
        print(f"  {'facts of all members':<22} {seconds:6.2f} s ({cpu:.2f} of CPU)", flush=True)
        for each in wanted:
            values = campaigns.trigger_values(house.shop, each, now)
            if values is None:
                continue
            seconds, cpu, chosen = _timed(
                meter,
                lambda each=each, values=values: campaigns.total(
                    campaigns.choose(connection, house.shop, each, values, now)
                ),
            )
            print(f"  {each.id:<22} {seconds:6.2f} s ({cpu:.2f} of CPU), {chosen:,} chosen", flush=True)
        transaction.rollback()


def _give(house: House, now: datetime) -> float:
    """Members a second, one worker."""
    done, started = 0, time.perf_counter()
    while done < GIVEN:
        with house.engine.begin() as connection:
            batch = records.claim(connection, now, campaign_grants.BATCH)
            done += sum(campaign_grants.settle(house, connection, chosen, now) for chosen in batch)
        if not batch:
            break
    return done / (time.perf_counter() - started)


def _timed(meter: Meter, work: Callable[[], int]) -> tuple[float, float, int]:
    """Seconds, the server's seconds of CPU, and what came of it."""
    cpu, started = meter.cpu(), time.perf_counter()
    done = work()
    return time.perf_counter() - started, meter.cpu() - cpu, int(done)


def own_memory_mb() -> float:
    """The most that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
