"""The forms of a catalogue's names, indexed by what they look and sound like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal, TypeVar

from pypinyin.pinyin_dict import pinyin_dict

from nlu.name_ways import FULL, MEASURE, PART, TITLED, common_beginning, group_ways, ways_to_say
from nlu.values.text import fold
from shop.catalogue import Catalogue, Named

Kind = Literal["service", "technician", "store", "reward"]
KINDS: tuple[Kind, ...] = ("service", "technician", "store", "reward")
_NOISE = re.compile(r"[\s()\[\]【】《》<>「」·・'\"“”‘’|_]")
# One character for those that are typed or read for each other, and the traditional ones of people's names.
_SAME = str.maketrans(
    "劵卷囗□睑炙陳趙馮鄧呂賈鄒龔鍾閆緻紋嫻瑩瓊芳蕓嬌娟瑤蓮鳳鶯魯盧聶龐",
    "券券口口脸灸陈赵冯邓吕贾邹龚钟闫致纹娴莹琼芳芸娇娟瑶莲凤莺鲁卢聂庞",
)


@dataclass(frozen=True)
class Form:
    """One way to say the thing `id`; `strength`: FULL name or alias, TITLED 李老师, PART a telling part."""

    words: str
    id: str
    kind: Kind
    strength: str


@dataclass(frozen=True)
class Hit:
    """A form at a place of the sentence."""

    form: Form
    start: int
    end: int
    rank: int
    """0 exact, 1 by sound, 2 near miss."""

    def overlaps(self, other: Hit) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Amount:
    """A thing named by its worth in yuan: 20, 抵用券 of 20元抵用券."""

    yuan: int
    tail: str
    form: Form


@dataclass(frozen=True)
class NameIndex:
    """All forms of a catalogue, and by their first sound."""

    forms: tuple[Form, ...]
    by_beginning: dict[str, tuple[Form, ...]]
    """By their first two characters."""
    long: tuple[Form, ...]
    """Whole names of four characters or more, which a slip leaves recognisable."""
    by_sound: dict[tuple[str, str], tuple[Form, ...]]
    """By the loose sounds of their first two characters."""
    spelt: tuple[tuple[str, Form], ...]
    """Whole names of three characters or more with their pinyin letters."""
    by_syllable: dict[str, tuple[Form, ...]]
    """By the loose sound of the first character, or by the letters with which a form begins."""
    amounts: tuple[Amount, ...]
    group_names: frozenset[str]
    literals: frozenset[str]
    """Letters that stand in names as they are: spa."""


@dataclass(frozen=True)
class Said:
    """A sentence as names are compared: without blanks, and what had stood there."""

    words: str
    places: tuple[int, ...]
    """Per character its place in the folded text."""
    apart: frozenset[int]
    """Before which characters blanks or brackets stood; the beginning and the end too."""


def squeeze(folded: str) -> str:
    """Folded words without blanks, brackets and quotation marks, as names are compared."""
    return _NOISE.sub("", folded).translate(_SAME)


def read_words(folded: str) -> Said:
    """The squeezed words with their places."""
    places = tuple(index for index, character in enumerate(folded) if not _NOISE.match(character))
    gaps = (at for at in range(1, len(places)) if places[at] != places[at - 1] + 1)
    words = "".join([folded[index] for index in places]).translate(_SAME)
    return Said(words, places, frozenset((0, len(places), *gaps)))


_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvvnnnm")


@lru_cache(maxsize=8192)
def sounds(character: str) -> frozenset[str]:
    """The toneless readings of a character; its own self for what has none (digits, letters)."""
    said = pinyin_dict.get(ord(character))
    return frozenset(one.translate(_TONES) for one in said.split(",")) if said else frozenset((character,))


@lru_cache(maxsize=8192)
def loose_sounds(character: str) -> frozenset[str]:
    """Readings in which zh/z, ch/c, sh/s and -ng/-n are one, as many members type them."""
    return frozenset(_loosen(one) for one in sounds(character))


def _loosen(syllable: str) -> str:
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable


@lru_cache(maxsize=8192)
def tones(character: str) -> frozenset[str]:
    """The readings with their tones."""
    return frozenset(pinyin_dict.get(ord(character), character).split(","))


@lru_cache(maxsize=8192)
def first_sound(character: str) -> str:
    """The toneless reading that comes first in the table."""
    return pinyin_dict.get(ord(character), character).split(",")[0].translate(_TONES)


@lru_cache(maxsize=8192)
def common_sounds(character: str) -> frozenset[str]:
    """The first two toneless readings; what comes after them hardly anybody says."""
    readings = pinyin_dict.get(ord(character), character).split(",")
    return frozenset(list(dict.fromkeys(one.translate(_TONES) for one in readings))[:2])


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """Every syllable of two letters or more that any character has, as it is typed."""
    said = {one.translate(_TONES) for readings in pinyin_dict.values() for one in readings.split(",")}
    typed = {one for one in said if one.isascii() and one.isalpha() and re.search("[aeiouv]", one)}
    return frozenset({one for one in typed if len(one) > 1} | {"a", "e"})


@lru_cache(maxsize=2048)
def loose_syllable(syllable: str) -> str:
    """A typed syllable as `loose_sounds` gives them; qv, xv, jv are qu, xu, ju."""
    return _loosen(re.sub("^([jqxy])v", r"\1u", syllable))


@lru_cache(maxsize=16)
def index_of(catalogue: Catalogue) -> NameIndex:
    """The forms of a catalogue; computed once for each."""
    unique = {(form.words, form.id, form.kind): form for form in reversed(list(_all_forms(catalogue)))}
    forms = tuple(reversed(unique.values()))
    sounding = [form for form in forms if len(form.words) >= 2 and _may_be_mistyped(form)]
    spelt = [form for form in forms if len(letters_of(form.words)) >= 4 and _may_be_spelt(form)]
    return NameIndex(
        forms,
        _grouped((form.words[:2], form) for form in forms),
        tuple(form for form in forms if _is_long(form)),
        _grouped((pair, form) for form in sounding for pair in _first_sounds(form.words)),
        tuple((letters_of(form.words), form) for form in forms if _is_spelt_long(form)),
        _grouped((key, form) for form in spelt for key in _first_syllables(form.words)),
        tuple(_amounts(forms)),
        frozenset(squeeze(fold(group.name)) for group in catalogue.groups),
        frozenset(key for form in forms for key in re.findall("[a-z]{2,}", form.words)),
    )


_Key = TypeVar("_Key", bound=Hashable)


def _grouped(entries: Iterable[tuple[_Key, Form]]) -> dict[_Key, tuple[Form, ...]]:
    found: dict[_Key, list[Form]] = defaultdict(list)
    for key, form in entries:
        found[key].append(form)
    return {key: tuple(forms) for key, forms in found.items()}


def _first_sounds(words: str) -> Iterable[tuple[str, str]]:
    return product(loose_sounds(words[0]), loose_sounds(words[1]))


def _may_be_mistyped(form: Form) -> bool:
    return form.strength == FULL or (form.strength == PART and form.kind in ("service", "reward"))


def _all_forms(catalogue: Catalogue) -> Iterator[Form]:
    for kind, items in _by_kind(catalogue).items():
        common = common_beginning(kind, items)
        for item in items:
            ways = ways_to_say(kind, item, common)
            ways += [(other, strength) for words, strength in ways for other in _other_figures(words)]
            for words, strength in ways:
                squeezed = squeeze(fold(words))
                if len(squeezed) >= 2 or (strength == FULL and _names_alone(squeezed, kind)):
                    yield Form(squeezed, item.id, kind, strength)
    yield from _groups(catalogue)


def _groups(catalogue: Catalogue) -> Iterator[Form]:
    """Categories by name: all their services. A word that is in services' names means those alone (美甲)."""
    services = {item.id: (item.name, *item.aliases) for item in catalogue.services}
    for group in catalogue.groups:
        members = {one: services[one] for one in group.ids if one in services}
        for words, one in group_ways(group.name, members):
            taken = any(words in fold(name) for said in services.values() for name in said)
            if len(squeeze(words)) >= 2 and not taken:
                yield Form(squeeze(words), one, "service", PART)


def _names_alone(squeezed: str, kind: Kind) -> bool:
    """灸: one character that is the whole name of a thing."""
    return len(squeezed) == 1 and not squeezed.isascii() and kind != "technician"


def _by_kind(catalogue: Catalogue) -> dict[Kind, tuple[Named, ...]]:
    return {
        "service": catalogue.services,
        "technician": catalogue.technicians,
        "store": catalogue.stores,
        "reward": catalogue.rewards,
    }


def _may_be_spelt(form: Form) -> bool:
    """Of titles only those that are nothing else in letters: jiage is 价格, zhaodianzhang 找店长."""
    return form.strength != TITLED or form.words.endswith(("老师", "教练", "师傅", "医生", "大夫", "技师"))


def _is_long(form: Form) -> bool:
    """Whether a slip leaves it recognisable; a measure tells nothing (洗车一次 is not 洗一次)."""
    least = 6 if form.words.isascii() else 4
    return form.strength == FULL and len(form.words) >= least and not MEASURE.search(form.words)


def _is_spelt_long(form: Form) -> bool:
    return form.strength == FULL and len(form.words) >= 3 and form.words[0] > "z"


def _first_syllables(words: str) -> frozenset[str]:
    latin = re.match("[a-z]+", words)
    return frozenset((latin.group(),)) if latin else loose_sounds(words[0])


def letters_of(words: str) -> str:
    """The words in pinyin letters: xiaohong."""
    return "".join([first_sound(character) for character in words])


WORTH = re.compile(r"([0-9]{1,4})[元块](.*[^0-9].*)")


def _amounts(forms: Iterable[Form]) -> Iterator[Amount]:
    for form in forms:
        worth = WORTH.fullmatch(form.words)
        if worth and form.strength == FULL and form.kind == "reward":
            tails = {worth[2], worth[2].replace("抵用券", "抵扣券")}
            yield from (Amount(int(worth[1]), tail, form) for tail in sorted(tails))


def _other_figures(words: str) -> list[str]:
    """The same with its figures in characters, and the other way round: 五道口, 5道口."""
    if re.search("[0-9]", words):
        return [in_characters(words)]
    alone = re.sub("[一二三四五六七八九]", lambda said: str(_FIGURES.index(said.group())), words)
    return [alone] if alone != words and not re.search("[0-9十百千万]{2}|[十百千万]", alone) else []


_FIGURES = "零一二三四五六七八九"


def in_characters(words: str) -> str:
    """Figures below ten thousand in characters: 50元券 → 五十元券."""
    return re.sub("[0-9]{1,4}", lambda match: _number_in_characters(int(match.group())), words)


def _number_in_characters(number: int) -> str:
    if number == 0:
        return "零"
    said, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if zero and said else "") + _FIGURES[digit] + name
            zero = False
        else:
            zero = True
    return said.removeprefix("一") if 10 <= number < 20 else said
