"""Nobody wins twice: four processes at the same instant, round after round, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger_racers import RACES, Try, run, violations
from ledger_support import database
from sqlalchemy import create_engine

from bot.embedded.postgres import PostgresServer
from ledger.book.verify import verify

ROUNDS = 40


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def results(url: str) -> dict[str, list[list[Try]]]:
    return run(url, list(RACES), ROUNDS)


@pytest.mark.parametrize("name", [name for name in RACES if name != "naive"])
def test_races(results: dict[str, list[list[Try]]], name: str) -> None:
    assert violations(name, results[name]) == []


def test_the_canary_dies(results: dict[str, list[list[Try]]]) -> None:
    """The naive way must fail the same test, or the test proves nothing."""
    assert any("winners" in found for found in violations("naive", results["naive"]))


def test_the_book_is_sound_after_all_races(url: str, results: dict[str, list[list[Try]]]) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        assert verify(connection) == []
    engine.dispose()
