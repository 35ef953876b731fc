"""Several values in one sentence, against beside.txt and sentences.txt: none is taken for another."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from corpora.reader import Row, rows
from corpora.shops import catalogues

from nlu.normalise import normalise
from nlu.values.extract import extract
from nlu.wire import entities_to_json
from shop.catalogue import Catalogue
from shop.files import load

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
BEAUTY = catalogues()["beauty"]
EXAMPLE = load(Path(__file__).parents[2] / "shop" / "examples" / "beauty.yml").catalogue()
FIELDS = ("amount_fen", "points", "quantity", "phone", "date", "reward")


def found(row: Row, catalogue: Catalogue) -> str:
    said = entities_to_json(extract(normalise(row.text), intent=row.section, now=NOW, catalogue=catalogue))
    doubts = said.get("candidates", {})
    assert isinstance(doubts, dict)
    sure = [f"{name}={said[name]}" for name in FIELDS if name in said]
    return " ".join(sure + [f"?{n}={'|'.join(map(str, v))}" for n, v in doubts.items() if n in FIELDS]) or "-"


@pytest.mark.parametrize("row", rows("beside.txt"), ids=lambda row: row.text)
def test_values_beside_each_other(row: Row) -> None:
    assert found(row, BEAUTY) == row.expected


@pytest.mark.parametrize("row", rows("sentences.txt"), ids=lambda row: row.text)
def test_values_of_whole_sentences(row: Row) -> None:
    assert found(row, EXAMPLE) == row.expected
