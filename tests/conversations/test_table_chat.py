"""The tables of tables/*.txt, played in the example shops: by sure phrases alone, and by the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import table_support
from stage import Stage
from table_support import Scene, Teller

from bot.settings import EXAMPLE_SHOP
from nlu.engine import Nlu
from nlu.rasa_client import RasaClient
from shop.files import load
from shop.model import Shop

SHOPS: dict[str, Shop] = {
    name: load(Path(EXAMPLE_SHOP).parent / f"{name}.yml") for name in ("beauty", "convenience", "gym")
}
# Which table is played in which shop.
BOTH = {"both_booking": "beauty", "both_cards": "beauty", "both_bad_input": "beauty"}
MODEL = {"model_members": "beauty", "model_gym": "gym", "model_convenience": "convenience"}
Cast = Callable[..., Stage]


def scenes(tables: dict[str, str]) -> list[object]:
    return [
        pytest.param(SHOPS[shop], scene, id=f"{table}: {scene.title}")
        for table, shop in tables.items()
        for scene in table_support.read(table)
    ]


@pytest.mark.parametrize(("shop", "scene"), scenes(BOTH))
def test_by_sure_phrases(stage_with: Cast, shop: Shop, scene: Scene) -> None:
    nlu = Nlu(rasa=None, cache=None, catalogue=shop.catalogue())
    Teller(stage_with(nlu, shop)).play(scene)


@pytest.mark.rasa
@pytest.mark.parametrize(("shop", "scene"), scenes(MODEL | BOTH))
def test_by_the_model(stage_with: Cast, rasa_server: tuple[str, str], shop: Shop, scene: Scene) -> None:
    url, token = rasa_server
    # A busy machine is no reason for a wrong answer here: the model gets more patience than a member has.
    client = RasaClient(url, token, timeout_seconds=10)
    nlu = Nlu(rasa=client, cache=None, catalogue=shop.catalogue())
    Teller(stage_with(nlu, shop)).play(scene)
