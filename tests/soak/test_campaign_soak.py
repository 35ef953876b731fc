"""A sweep over a million members, by two schedulers at once. `make soak`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.bootstrap import make_engine
from bot.embedded.postgres import PostgresServer

sys.path.append(str(Path(__file__).parents[1] / "integration"))

from ledger_support import database
from racing_kit import at_once
from sweep_support import DAY, NOW, assert_chosen_once, choose, filled, no_member_in_memory

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
MEMBERS = 1_000_000


def test_two_schedulers_over_a_million_members(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        engine = make_engine(url)
        house = filled(engine, MEMBERS)
        with no_member_in_memory():
            at_once([lambda: choose(house, NOW)] * 2)
        with engine.connect() as connection:
            first = connection.execute(text("SELECT count(*) FROM campaign_member")).scalar_one()
        assert 0.7 * MEMBERS < first < 0.9 * MEMBERS
        with no_member_in_memory():
            second = choose(house, NOW + DAY)
        assert 0 < second < 0.02 * MEMBERS
        assert_chosen_once(engine, first + second)
        engine.dispose()
