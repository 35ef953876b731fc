"""The names of every example shop are found in plain sentences, with no training."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.items import find_items
from nlu.names import find_names
from shop.catalogue import Catalogue
from shop.files import load

EXAMPLES = sorted((Path(__file__).parents[2] / "shop" / "examples").glob("*.yml"))


@pytest.fixture(params=EXAMPLES, ids=[path.stem for path in EXAMPLES])
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    return load(request.param).catalogue()


def test_services(catalogue: Catalogue) -> None:
    missed = [
        words
        for item in catalogue.services
        for words in (item.name, *item.aliases)
        if item.id not in find_names(f"约{words}明天下午", catalogue, ["service"]).of("service")
    ]
    assert not missed


def test_technicians(catalogue: Catalogue) -> None:
    missed = [
        words
        for person in catalogue.technicians
        for words in (person.name, *person.aliases)
        if person.id not in find_names(f"约{words}明天下午", catalogue).of("technician")
    ]
    assert not missed


def test_stores(catalogue: Catalogue) -> None:
    missed = [
        words
        for store in catalogue.stores
        for words in (store.name, *store.aliases)
        if store.id not in find_names(f"{words}几点关门", catalogue).of("store")
    ]
    assert not missed


def test_rewards(catalogue: Catalogue) -> None:
    missed = [
        reward.name
        for reward in catalogue.rewards
        if reward.id not in find_names(f"用积分换{reward.name}", catalogue, ["reward"]).of("reward")
    ]
    assert not missed


def test_services_and_goods_that_staff_type(catalogue: Catalogue) -> None:
    missed = [
        words
        for item in (*catalogue.services, *catalogue.goods)
        for words in (item.name, *item.aliases)
        if item.id not in find_items(catalogue, words)
    ]
    assert not missed
