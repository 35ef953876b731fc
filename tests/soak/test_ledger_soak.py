"""The ledger's long proofs: 10,000 tries a race, 50 kills. `make soak`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.embedded.postgres import PostgresServer
from ledger.book.verify import verify

sys.path.append(str(Path(__file__).parents[1] / "integration"))

from ledger_killing import kill_client_rounds, kill_server_rounds
from ledger_model import run_model
from ledger_racers import PROCESSES, RACES, run, violations
from ledger_support import database

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
TRIES = 10_000
KILLS = 50


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with database(postgres_server) as url:
        yield url


def test_ten_thousand_tries_each(url: str) -> None:
    names = [name for name in RACES if name != "naive"]
    results = run(url, names, TRIES // PROCESSES)
    assert [found for name in names for found in violations(name, results[name])] == []
    engine = create_engine(url)
    with engine.connect() as connection:
        assert verify(connection) == []
    engine.dispose()


def test_fifty_clients_killed(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        assert kill_client_rounds(url, KILLS) == []


def test_fifty_servers_killed(scratch_dir: Path) -> None:
    assert kill_server_rounds(scratch_dir / "killed", KILLS) == []


def test_the_model_for_long(url: str) -> None:
    engine = create_engine(url)
    run_model(engine, examples=300, steps=40)
    engine.dispose()
