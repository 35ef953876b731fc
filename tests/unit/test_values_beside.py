"""Several values in one sentence, against the table beside.txt: none is taken for another."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from corpora.reader import Row, rows
from corpora.shops import catalogues

from nlu.normalise import normalise
from nlu.values.extract import extract
from nlu.wire import entities_to_json

NOW = datetime(2026, 11, 25, 10, 20, tzinfo=timezone(timedelta(hours=8)))
BEAUTY = catalogues()["beauty"]
FIELDS = ("amount_fen", "points", "quantity", "phone", "date", "reward")


@pytest.mark.parametrize("row", rows("beside.txt"), ids=lambda row: row.text)
def test_values_beside_each_other(row: Row) -> None:
    said = entities_to_json(extract(normalise(row.text), intent=row.section, now=NOW, catalogue=BEAUTY))
    found = " ".join(f"{name}={said[name]}" for name in FIELDS if name in said)
    assert (found or "-") == row.expected
