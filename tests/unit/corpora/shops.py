"""The catalogues written at the head of each part of names.txt and names_trades.txt."""

from __future__ import annotations

import re
from functools import lru_cache

from corpora.reader import FOLDER

from shop.catalogue import Catalogue, Named

_ENTRY = re.compile(r"(service|technician|store|reward) (\w+) = (.+)")


def _lines() -> list[str]:
    tables = [(FOLDER / name).read_text(encoding="utf-8") for name in ("names.txt", "names_trades.txt")]
    return "\n".join(tables).split("\n")


@lru_cache(maxsize=1)
def catalogues() -> dict[str, Catalogue]:
    """By the name after “@shop”."""
    found: dict[str, dict[str, list[Named]]] = {}
    shop = ""
    for line in _lines():
        if line.startswith("@shop "):
            shop = line.removeprefix("@shop ")
            found[shop] = {"service": [], "technician": [], "store": [], "reward": []}
        elif entry := _ENTRY.fullmatch(line):
            name, *aliases = (words.strip() for words in entry[3].split("|"))
            found[shop][entry[1]].append(Named(entry[2], name, tuple(aliases)))
    return {name: _catalogue(kinds) for name, kinds in found.items()}


def _catalogue(kinds: dict[str, list[Named]]) -> Catalogue:
    return Catalogue(
        services=tuple(kinds["service"]),
        technicians=tuple(kinds["technician"]),
        stores=tuple(kinds["store"]),
        rewards=tuple(kinds["reward"]),
    )


def sentences_with_names() -> list[tuple[str, str, str]]:
    """Shop, text, expected of every sentence of the two."""
    found, shop = [], ""
    for line in _lines():
        if line.startswith("@shop "):
            shop = line.removeprefix("@shop ")
        elif "=> " in line and not line.startswith("#"):
            text, _, expected = line.rpartition("=> ")
            found.append((shop, text.rstrip(" "), expected))
    return found
