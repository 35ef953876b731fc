"""What was bought, as staff write it: names said loosely, with counts, glued to each other or to 微信."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rapidfuzz.distance import OSA

from bot.staff import reading
from bot.staff.command import Complaint
from nlu.name_forms import loose_sounds
from shop.model import Entry, Item, Shop, normal_word

MAX_QUANTITY = 99
_MEASURES = "次个份盒支瓶张套件片包只双节"
_COUNT = r"(?:\d{1,2}|[一二两三四五六七八九十])"
_AFTER = re.compile(
    rf"(?P<name>.+?)(?:[×xX*✕]\s*(?P<times>\d{{1,4}})|(?P<count>{_COUNT})[{_MEASURES}]|(?P<bare>\d{{1,2}}))"
)
_BEFORE = re.compile(rf"(?P<count>{_COUNT})[{_MEASURES}](?P<name>.+)")
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class ItemSaid:
    """One thing bought as it was written; several `ids` fit the words equally."""

    word: str
    ids: tuple[str, ...]
    quantity: int


@dataclass(frozen=True)
class NotFound:
    """A word that is nothing the shop sells, with what comes nearest to it."""

    word: str
    near: tuple[str, ...] = ()


def sold(shop: Shop) -> tuple[Item, ...]:
    return (*shop.services, *shop.goods)


def candidates(entries: Sequence[E], said: str) -> tuple[E, ...]:
    """What `said` may name: exactly, else by a part of the name, else by sound, else by one slip."""
    word = normal_word(said)
    if not word:
        return ()
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: name == word,
        lambda name: len(word) >= 2 and word in name,
        lambda name: len(word) >= 2 and _sounds_like(word, name),
        lambda name: len(word) >= 3 and OSA.distance(word, name, score_cutoff=1) <= 1,
    )
    for fits in tests:
        found = tuple(entry for entry in entries if any(fits(name) for name in _names(entry)))
        if found:
            return found
    return ()


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(normal_word(name) for name in (entry.id, entry.name, *entry.aliases))


def _sounds_like(word: str, name: str) -> bool:
    return len(word) == len(name) and all(
        a == b or loose_sounds(a) & loose_sounds(b) for a, b in zip(word, name, strict=True)
    )


def read(shop: Shop, words: Sequence[str]) -> list[ItemSaid] | NotFound:
    """The things bought, in order; a number of its own counts the thing before it (洗脸 2)."""
    found: list[ItemSaid] = []
    for word in words:
        count = reading.count(word)
        if count is not None and found and found[-1].quantity == 1:
            found[-1] = ItemSaid(found[-1].word, found[-1].ids, count)
            continue
        said = _one(shop, word) or _glued(shop, word)
        if not said:
            return NotFound(word, _nearest(shop, word))
        found += said
    return found


def not_found(found: NotFound) -> Complaint:
    """What is said about a word that is nothing the shop sells."""
    near = f"是不是{'、'.join(found.near)}？" if found.near else ""
    return Complaint("purchase_no_item", {"word": found.word[:20], "near": near})


def is_item(shop: Shop, word: str) -> bool:
    """Whether the word is surely something the shop sells: by exact names, with or without counts."""
    return any(_exact(shop, name) for name, _ in _readings(word)) or bool(_glued(shop, word))


def _readings(word: str) -> list[tuple[str, int]]:
    """The word as a name alone, and as a name with a count."""
    found = [(word, 1)]
    after, before = _AFTER.fullmatch(word), _BEFORE.fullmatch(word)
    if after is not None:
        said = after["times"] or after["count"] or after["bare"]
        found.append((after["name"].strip(), reading.count(said) or 0))
    if before is not None:
        found.append((before["name"], reading.count(before["count"]) or 0))
    return found


def _exact(shop: Shop, name: str) -> tuple[Item, ...]:
    word = normal_word(name)
    return tuple(item for item in sold(shop) if word in _names(item))


def _one(shop: Shop, word: str) -> list[ItemSaid]:
    """A name with or without a count: exact names of every reading go before loose ones."""
    for find in (_exact, lambda shop, name: candidates(sold(shop), name)):
        for name, quantity in _readings(word):
            found = find(shop, name)
            if found:
                return [ItemSaid(word, tuple(item.id for item in found), quantity)]
    return []


def _glued(shop: Shop, word: str) -> list[ItemSaid]:
    """洗脸面膜 as 洗脸 and 面膜: exact names only, the longest first, nothing left over."""
    if not word:
        return []
    for end in range(len(word), 1, -1):
        found = _exact(shop, word[:end])
        if not found:
            continue
        if end == len(word):
            return [ItemSaid(word, tuple(item.id for item in found), 1)]
        rest = _one_exact(shop, word[end:]) or _glued(shop, word[end:])
        if rest:
            return [ItemSaid(word[:end], tuple(item.id for item in found), 1), *rest]
    return []


def _one_exact(shop: Shop, word: str) -> list[ItemSaid]:
    for name, quantity in _readings(word):
        found = _exact(shop, name)
        if found:
            return [ItemSaid(word, tuple(item.id for item in found), quantity)]
    return []


def _nearest(shop: Shop, word: str) -> tuple[str, ...]:
    """Names that share two characters with the word or more: what may have been meant."""
    said = set(normal_word(word))
    scored = [(len(said & set(normal_word(item.name))), item.name) for item in sold(shop)]
    best = sorted((pair for pair in scored if pair[0] >= 2), key=lambda pair: -pair[0])
    return tuple(name for _, name in best[:3])
