"""Fixtures for conversations: a stage where keywords understand, and one where the trained model does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from sqlalchemy import Engine
from stage import SHOP, Stage, hire

from ledger.book import verify
from nlu.engine import Nlu
from shop.model import Shop


@pytest.fixture
def stage_with(engine: Engine, redis_url: str) -> Iterator[Callable[..., Stage]]:
    """Build a stage over a given understanding; every book is verified when the scene ends."""
    client = redis.Redis.from_url(redis_url)

    def build(nlu: Nlu, shop: Shop = SHOP) -> Stage:
        stage = Stage(engine, client, nlu, shop)
        hire(stage)
        return stage

    yield build
    client.close()
    with engine.connect() as connection:
        assert verify.verify(connection) == []


@pytest.fixture
def stage(stage_with: Callable[[Nlu], Stage]) -> Stage:
    """A stage where keywords understand: sure phrases only."""
    return stage_with(Nlu(rasa=None, cache=None, catalogue=SHOP.catalogue()))
