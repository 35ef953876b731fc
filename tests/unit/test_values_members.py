"""Values on sentences of writers who knew neither grammars nor corpora (three shops, a Thursday)."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nlu.normalise import normalise
from nlu.service import PROJECT
from nlu.values.extract import extract
from nlu.wire import entities_to_json
from shop.files import load

SHOPS = Path(__file__).parents[2] / "shop" / "examples"
NOW = datetime(2026, 3, 5, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("split", ["dev", "test"])
def test_values_are_exact(split: str) -> None:
    catalogue = load(SHOPS / "beauty.yml").catalogue()
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


@pytest.mark.parametrize(
    ("file", "shop"),
    [
        ("test/di_beauty_values.jsonl", "beauty"),
        ("test/dj_beauty_values.jsonl", "beauty"),
        ("test/dl_gym_values.jsonl", "gym"),
        ("test/dm_convenience_values.jsonl", "convenience"),
        ("test/dn_beauty_values.jsonl", "beauty"),
        ("dev/dk_gym_values.jsonl", "gym"),
        ("dev/do_convenience_values.jsonl", "convenience"),
        ("dev/dp_gym_values.jsonl", "gym"),
    ],
)
def test_values_are_right(file: str, shop: str) -> None:
    """As the writers marked them.

    `any`: the bounds of a part of the day are the shop's; `loose`: a day more or less.
    """
    catalogue = load(SHOPS / f"{shop}.yml").catalogue()
    wrong = []
    rows = [json.loads(line) for line in (PROJECT / "data" / file).read_text(encoding="utf-8").splitlines()]
    for row in rows:
        said = extract(normalise(row["text"]), intent=row["intent"], now=NOW, catalogue=catalogue)
        found, meant = entities_to_json(said), row["entities"]
        if "kind" not in meant:
            found.pop("kind", None)
        if found.keys() != meant.keys() or not all(
            _same(found[name], meant[name], loose="loose" in row) for name in meant
        ):
            wrong.append((row["text"], found, meant))
    assert len(rows) >= 250
    assert len(wrong) <= 0.03 * len(rows), wrong


def _same(found: Any, meant: Any, *, loose: bool) -> bool:
    if isinstance(meant, list):
        return isinstance(found, list) and sorted(found) == sorted(meant)
    if not isinstance(meant, dict) or not isinstance(found, dict):
        return bool(found == meant)
    if meant.get("end") == "any":
        return bool(found["grain"] == meant["grain"] and found["start"][:10] == meant["start"][:10])
    if loose:
        return all(_days_apart(found[side], meant[side]) <= 1 for side in ("start", "end"))
    either = {"hour", "minute"}  # ten minutes from now is said of an hour as well
    same_grain = (
        found.get("grain") == meant.get("grain") or {found.get("grain"), meant.get("grain")} <= either
    )
    return bool(same_grain and all(found[side] == meant[side] for side in ("start", "end")))


def _days_apart(one: str, other: str) -> int:
    return abs((date.fromisoformat(one[:10]) - date.fromisoformat(other[:10])).days)
