"""Whole sentences of understood.txt with the example shops: the real model and grammars, every value."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from corpora.reader import Row, rows
from corpora.shops import catalogues

from nlu import service
from nlu.engine import FALLBACK, VALUE_INTENTS, Nlu
from nlu.normalise import normalise
from nlu.rasa_client import RasaClient
from nlu.understanding import Understanding
from nlu.values.extract import extract
from nlu.wire import entities_to_json, to_json
from shop.catalogue import Catalogue
from shop.files import load

ZONE = ZoneInfo("Asia/Shanghai")
EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
ROWS = rows("understood.txt")
NOW = datetime.fromisoformat("2026-11-25T10:20").replace(tzinfo=ZONE)


def catalogue_of(name: str) -> Catalogue:
    return load(EXAMPLES / name).catalogue() if name.endswith(".yml") else catalogues()[name]


SHOPS = {name: catalogue_of(name) for name in {row.directives["shop"] for row in ROWS}}


def expected(row: Row) -> tuple[str, dict[str, str]]:
    intent, *fields = row.expected.split()
    return intent, dict(field.split("=", 1) for field in fields)


def written(found: dict[str, object]) -> dict[str, str]:
    """The entities of the JSON object as the table writes them; a time by its start."""
    return {name: _written(name, value) for name, value in found.items() if name != "candidates"}


def _written(name: str, value: object) -> str:
    if isinstance(value, dict):
        if name == "period":
            return f"{value['start']}..{value['end']}"
        return str(value["start"]).removesuffix("T00:00") if value["grain"] == "day" else str(value["start"])
    return "+".join(value) if isinstance(value, list) else str(value)


def _same(found: dict[str, str], wanted: dict[str, str]) -> bool:
    start = wanted.get("time", "")
    if start and "T" not in start:
        found = {**found, "time": found.get("time", "")[: len(start)]}
    return found == wanted


@pytest.mark.parametrize("row", ROWS, ids=[row.text for row in ROWS])
def test_values(row: Row) -> None:
    intent, wanted = expected(row)
    said = extract(normalise(row.text), intent=intent, now=NOW, catalogue=SHOPS[row.directives["shop"]])
    found = written(entities_to_json(said))
    assert _same(found, wanted), found


@pytest.mark.rasa
@pytest.mark.timeout(900)
def test_intents(rasa_server) -> None:  # type: ignore[no-untyped-def]
    rasa = RasaClient(rasa_server.url, rasa_server.token, timeout_seconds=5)
    understood: list[tuple[Row, Understanding]] = []
    for row in ROWS:
        nlu = Nlu(rasa=rasa, cache=None, catalogue=SHOPS[row.directives["shop"]])
        understood.append((row, nlu.parse(row.text, now=NOW)))
    missed = [(row.text, one.intent) for row, one in understood if one.intent != expected(row)[0]]
    begun = [text for text, intent in missed if intent in VALUE_INTENTS]
    assert not begun, begun
    assert len(missed) <= 0.03 * len(ROWS), missed
    for row, one in understood:
        if one.intent == expected(row)[0] and one.intent != FALLBACK:
            assert _same(written(entities_to_json(one.entities)), expected(row)[1]), to_json(one)


def test_the_table_covers_every_intent_and_is_not_taught() -> None:
    counts = Counter(expected(row)[0] for row in ROWS)
    domain = (service.PROJECT / "domain.yml").read_text(encoding="utf-8")
    known = {line.strip("- ") for line in domain.splitlines() if line.startswith("  - ")} - {"out_of_scope"}
    assert set(counts) == known
    assert len(ROWS) >= 150
    taught = set()
    for path in (service.PROJECT / "data" / "train").glob("*.txt"):
        taught.update(path.read_text(encoding="utf-8").splitlines())
    assert not taught & {row.text for row in ROWS if len(row.text) > 4}
