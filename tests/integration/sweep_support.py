"""What the short proof of a sweep and the one over a million members share."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from sqlalchemy import Engine, text

from actions import campaigns
from actions.house import House
from bench.campaigns_load import load
from bot.bootstrap import make_house
from bot.settings import EXAMPLE_SHOP
from shop import files

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# Of what the sweeping process allocates: a row of each of the short proof's members would not fit.
MOST_BYTES = 1_000_000


def filled(engine: Engine, members: int) -> House:
    """The example shop's house over so many members."""
    url = engine.url.set(drivername="postgresql")
    load(url.render_as_string(hide_password=False), members, NOW, Console(quiet=True))
    return make_house(engine, files.load(EXAMPLE_SHOP), lambda: NOW)


def choose(house: House, now: datetime) -> int:
    """A night's choosing, without giving."""
    wanted = [each for each in campaigns.by_priority(house.shop) if each.trigger.on not in campaigns.FREQUENT]
    return campaigns.choose_all(house, wanted, now)


@contextmanager
def no_member_in_memory() -> Iterator[None]:
    """What Python allocates meanwhile stays small, however many members there are."""
    tracemalloc.start()
    try:
        yield
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES


def assert_chosen_once(engine: Engine, count: int) -> None:
    """What was counted is there, nobody twice in a night by rules that leave others alone, no table stays."""
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT sum(treated + held_out) FROM campaign_run")).scalar_one()
        rows, held_out = connection.execute(
            text("SELECT count(*), count(*) FILTER (WHERE held_out) FROM campaign_member")
        ).one()
        crowded = connection.execute(
            text("""
                SELECT count(*) FROM (
                    SELECT FROM campaign_member
                    WHERE campaign NOT IN ('birthday_treat', 'vip_month', 'member_day_note')
                    GROUP BY member_id, planned_at HAVING count(*) > 1) AS twice
            """)
        ).scalar_one()
        tables = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE relname LIKE 'campaign\\_fact'")
        )
        assert (counted, rows) == (count, count)
        assert crowded == 0
        assert 0.08 * rows < held_out < 0.12 * rows
        assert tables.scalar_one() == 0
