"""Whole sentences of six trades, members_*.txt: every value, and what is left in doubt."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
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

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
ZONE = ZoneInfo("Asia/Shanghai")
TABLES = ("gym", "corner", "trades", "beauty", "dictated")
ROWS = [row for table in TABLES for row in rows(f"members_{table}.txt")]


@lru_cache(maxsize=8)
def catalogue_of(shop: str) -> Catalogue:
    return load(EXAMPLES / shop).catalogue() if shop.endswith(".yml") else catalogues()[shop]


def written(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"{value['start']}..{value['end']}" if name == "period" else str(value["start"])
    return "+".join(sorted(value)) if isinstance(value, list) else str(value)


def meant(row: Row) -> dict[str, str]:
    """By field; “?” for one in doubt."""
    fields = (field.partition("=") for field in row.expected.split()[1:])
    found = {name.lstrip("?"): value or "?" for name, _, value in fields}
    return {name: "+".join(sorted(value.split("+"))) for name, value in found.items()}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.directives['shop']} {row.text}" for row in ROWS])
def test_every_value(row: Row) -> None:
    now = datetime.fromisoformat(row.directives["now"]).replace(tzinfo=ZONE)
    said = extract(
        normalise(row.text),
        intent=row.expected.split()[0],
        now=now,
        catalogue=catalogue_of(row.directives["shop"]),
    )
    sure = entities_to_json(said)
    doubts = sure.pop("candidates", {})
    found = {name: written(name, value) for name, value in sure.items()} | dict.fromkeys(doubts, "?")
    wanted = meant(row)
    if "T" not in wanted.get("time", "T"):
        found["time"] = found.get("time", "")[:10]
    assert found == wanted
