"""Values on sentences of a writer who knew neither grammars nor corpora (a beauty shop, a Thursday)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nlu.normalise import normalise
from nlu.service import PROJECT
from nlu.values.extract import extract
from nlu.wire import entities_to_json
from shop.files import load

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SHOP = Path(__file__).parents[2] / "shop" / "examples" / "beauty.yml"


@pytest.mark.parametrize("split", ["dev", "test"])
def test_values_are_exact(split: str) -> None:
    catalogue = load(SHOP).catalogue()
    file = PROJECT / "data" / split / "ad_members_values.jsonl"
    wrong = []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        said = extract(normalise(row["text"]), intent=row["intent"], now=NOW, catalogue=catalogue)
        found = entities_to_json(said)
        found.pop("kind", None)  # the writer did not mark what kind of statement is meant
        if found != row["entities"]:
            wrong.append((row["text"], found, row["entities"]))
    assert len(rows) >= 130
    assert len(wrong) <= 0.035 * len(rows), wrong
