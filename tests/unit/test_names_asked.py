"""What members say to the example shops, as names_asked.txt reads it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest
from corpora.reader import Row, rows, sentences

from nlu.name_forms import KINDS, letters_of
from nlu.names import find_names
from nlu.values.extract import WANTED
from shop.catalogue import Catalogue
from shop.files import load

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
ROWS = rows("names_asked.txt")


@lru_cache(maxsize=4)
def example(name: str) -> Catalogue:
    return load(EXAMPLES / f"{name}.yml").catalogue()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.directives['shop']} {row.text}")
def test_what_members_ask_for(row: Row) -> None:
    wanted = [kind for kind in KINDS if kind in WANTED[row.directives["as"]]]
    found = find_names(row.text, example(row.directives["shop"]), wanted)
    meant = {one for ids in found.ids.values() for one in ids}
    assert meant == (set() if row.expected == "-" else set(row.expected.split()))


@pytest.mark.parametrize("shop", ["beauty", "gym", "convenience"])
def test_ordinary_sentences_name_nothing_of_an_example(shop: str) -> None:
    found = {text: find_names(text, example(shop)).ids for text in sentences("ordinary.txt")}
    assert {text: ids for text, ids in found.items() if ids} == {}


def test_any_name_of_an_example_may_be_spelt() -> None:
    catalogue = example("beauty")
    missed = [
        (words, said)
        for item in (*catalogue.services, *catalogue.technicians, *catalogue.stores)
        for words in (item.name, *item.aliases)
        if len(words) >= 3 and not re.search("[a-z]", words, re.IGNORECASE)
        for said in (letters_of(words), f"yue {letters_of(words)} mingtian", " ".join(map(letters_of, words)))
        if item.id not in {one for ids in find_names(said, catalogue).ids.values() for one in ids}
    ]
    assert not missed
