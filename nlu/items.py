"""Services and goods by what a member of staff types for them: 补水, 面膜, xiaoqipao, 小汽泡.

Unlike `nlu.names.find_names`, which picks names out of a member's sentence and must see none where none is,
here somebody names a thing on purpose: short words by sound alone and parts of a name count too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from nlu.name_forms import Form, NameIndex, index_of, letters_of, loose_sounds, squeeze
from nlu.name_ways import FULL, PART
from nlu.names import find_names
from nlu.values.text import LONGEST_TEXT, fold
from shop.catalogue import Catalogue

_LEAST_LETTERS = 4


def find_items(catalogue: Catalogue, text: str) -> tuple[str, ...]:
    """The ids of the services and goods that the words name, in the catalogue's order.

    One id: that is the thing. Several: the words fit all of them, and somebody has to choose. (): none.
    The first of these that finds anything decides: the whole text is a name or an alias; it sounds like one
    (homophones, pinyin letters); it holds names, as in a sentence; it has one slip; it is a part of names.

    Args:
        text: usually the name alone; a sentence works too. Total for any text.
    """
    index = index_of(_items_as_services(catalogue))
    said = squeeze(fold(text[:LONGEST_TEXT]))
    if not said:
        return ()
    in_order = [item.id for item in (*catalogue.services, *catalogue.goods)]
    for looks_like in (_is, _sounds_like, _is_spelt, _in_sentence, _has_one_slip, _is_part):
        found = looks_like(said, index, catalogue)
        if found:
            return tuple(item_id for item_id in in_order if item_id in found)
    return ()


@lru_cache(maxsize=16)
def _items_as_services(catalogue: Catalogue) -> Catalogue:
    return replace(
        catalogue,
        services=(*catalogue.services, *catalogue.goods),
        goods=(),
        groups=(),
        technicians=(),
        stores=(),
        rewards=(),
    )


def _matching(index: NameIndex, fits: Callable[[Form], bool]) -> set[str]:
    return {form.id for form in index.forms if fits(form)}


def _is(said: str, index: NameIndex, _: Catalogue) -> set[str]:
    whole = _matching(index, lambda form: form.words == said and form.strength == FULL)
    return whole or _matching(index, lambda form: form.words == said)


def _sounds_like(said: str, index: NameIndex, _: Catalogue) -> set[str]:
    def alike(form: Form) -> bool:
        if form.strength == PART or len(form.words) != len(said) or len(said) < 2 or said.isascii():
            return False
        return all(a == b or _alike(a, b) for a, b in zip(said, form.words, strict=True))

    return _matching(index, alike)


def _alike(one: str, other: str) -> bool:
    """Whether two characters may sound alike; figures never do (5 is not 五 of another thing)."""
    both_written = not (one.isascii() or other.isascii())
    return both_written and bool(loose_sounds(one) & loose_sounds(other))


def _is_spelt(said: str, index: NameIndex, _: Catalogue) -> set[str]:
    if not said.isascii() or len(said) < _LEAST_LETTERS:
        return set()
    return _matching(index, lambda form: form.strength != PART and letters_of(form.words) == said)


def _in_sentence(said: str, _: NameIndex, catalogue: Catalogue) -> set[str]:
    return set(find_names(said, _items_as_services(catalogue), ("service",)).of("service"))


def _has_one_slip(said: str, index: NameIndex, _: Catalogue) -> set[str]:
    def near(form: Form) -> bool:
        long_enough = form.strength == FULL and len(form.words) >= 3 and len(said) >= 3
        latin = form.words.isascii() and len(form.words) < _LEAST_LETTERS
        if not long_enough or latin or _figures(said) != _figures(form.words):
            return False
        return OSA.distance(said, form.words, score_cutoff=1) == 1

    return _matching(index, near)


def _figures(words: str) -> str:
    return "".join(character for character in words if character.isdigit())


def _is_part(said: str, index: NameIndex, _: Catalogue) -> set[str]:
    """护理 is in half of the names: all of them are offered."""
    if len(said) < 2:
        return set()
    return _matching(index, lambda form: form.strength == FULL and said in form.words)
