"""Names of services, technicians, stores and rewards in a sentence, from the catalogue given: no training.

In order: exact (name, alias, telling part), by sound (homophones, pinyin letters), near miss (one slip in a
long name). The longest wins; several that fit equally are all returned. An everyday word wins over a short
name that hides in it: 小红 is not in 红包.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nlu.name_amounts import Worth, by_worth
from nlu.name_choice import longest, not_refused, told_apart
from nlu.name_context import Beside, is_mention
from nlu.name_forms import KINDS, Hit, Kind, NameIndex, Said, index_of, read_words
from nlu.name_letters import by_letters
from nlu.name_slips import by_shape, by_sound, near_misses
from nlu.name_ways import FULL
from nlu.values.text import LONGEST_TEXT, fold
from shop.catalogue import Catalogue


@dataclass(frozen=True)
class NamesFound:
    """Per kind the ids meant (several: the words fit all of them), and the places in the folded text."""

    ids: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    spans: tuple[tuple[int, int], ...] = ()
    kinds: tuple[Kind, ...] = ()
    """What kind of thing is named at each of the places."""

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The ids of one kind."""
        return self.ids.get(kind, ())


def find_names(text: str, catalogue: Catalogue, kinds: Iterable[Kind] = KINDS) -> NamesFound:
    """The names of the wanted kinds that are really mentioned. Total for any text; linear in its length."""
    said = read_words(fold(text[:LONGEST_TEXT]))
    if not said.words:
        return NamesFound()
    index, wanted = index_of(catalogue), frozenset(kinds)
    worth = by_worth(said, index) if "reward" in wanted else Worth([], [])
    hits = [*_written(said, index, wanted), *by_letters(said, index, wanted)]
    chosen = longest([hit for hit in hits if not worth.forbids(hit)] + worth.hits)
    missing = wanted - {hit.form.kind for hit in chosen}
    near = [
        hit
        for hit in near_misses(said.words, index, missing)
        if not worth.forbids(hit) and not any(hit.overlaps(other) for other in chosen)
    ]
    return _found(said.places, not_refused(said, told_apart(said, index, chosen + longest(near))))


def _written(said: Said, index: NameIndex, wanted: frozenset[Kind]) -> list[Hit]:
    """Names in characters, as they stand or by sound; a person may stand beside a part of one (小周美甲)."""
    raw = _exact(said.words, index)
    whole = Beside(frozenset(), frozenset()).and_of(hit for hit in raw if _marks_off(hit))
    beside = whole.and_of(hit for hit in raw if hit.form.kind == "service")
    people = [hit for hit in raw if hit.form.kind == "technician" and is_mention(said, hit, beside)]
    whole = whole.and_of(people)
    others = (hit for hit in raw if hit.form.kind in wanted and hit.form.kind != "technician")
    hits = [hit for hit in people if "technician" in wanted]
    hits += [hit for hit in others if is_mention(said, hit, beside if hit.form.kind == "store" else whole)]
    mistyped = [*by_sound(said, index, wanted, beside), *by_shape(said, index, wanted)]
    sounding = [hit for hit in dict.fromkeys(mistyped) if is_mention(said, hit, beside)]
    return hits + [hit for hit in sounding if not _explained(said.words, hit, hits)]


def _marks_off(hit: Hit) -> bool:
    """A whole name, beside which another may stand; rewards are words of too many other things (西湖龙井)."""
    return hit.form.strength == FULL and hit.form.kind != "reward"


def _exact(words: str, index: NameIndex) -> list[Hit]:
    hits = []
    for at in range(len(words)):
        for form in (*index.by_beginning.get(words[at], ()), *index.by_beginning.get(words[at : at + 2], ())):
            if words.startswith(form.words, at):
                hits.append(Hit(form, at, at + len(form.words), 0))
    return hits


def _explained(words: str, mistyped: Hit, hits: list[Hit]) -> bool:
    """Whether a character that would be mistyped belongs to another name: 脱毛要脱 is not 腿毛要脱."""
    return any(
        hit.rank == 0 and hit.form.kind == mistyped.form.kind and hit.start <= at < hit.end
        for at, meant in enumerate(mistyped.form.words, mistyped.start)
        if words[at] != meant
        for hit in hits
    )


def _found(places: tuple[int, ...], chosen: list[Hit]) -> NamesFound:
    ids: dict[Kind, tuple[str, ...]] = {}
    for kind in KINDS:
        found = tuple(dict.fromkeys(hit.form.id for hit in chosen if hit.form.kind == kind))
        if found:
            ids[kind] = found
    spans = {(places[hit.start], places[hit.end - 1] + 1): hit.form.kind for hit in chosen}
    in_order = sorted(spans)
    return NamesFound(ids, tuple(in_order), tuple(spans[place] for place in in_order))
