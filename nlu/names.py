"""Names of services, technicians, stores and rewards in a sentence, from the catalogue given: no training.

In order: exact (name, alias, telling part), by sound (homophones, pinyin letters), near miss (one slip in a
long name). The longest wins; several that fit equally are all returned. An everyday word wins over a short
name that hides in it: 小红 is not in 红包.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise, product

from rapidfuzz.distance import OSA

from nlu.name_forms import (
    FULL,
    KINDS,
    PART,
    TITLED,
    Form,
    Kind,
    NameIndex,
    index_of,
    loose_sounds,
    sounds,
    squeeze_with_places,
)
from nlu.ordinary_words import fewest_words, ordinary_words
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


@dataclass(frozen=True)
class _Hit:
    form: Form
    start: int
    end: int
    rank: int
    """0 exact, 1 by sound, 2 near miss."""


def find_names(text: str, catalogue: Catalogue, kinds: Iterable[Kind] = KINDS) -> NamesFound:
    """The names of the wanted kinds that are really mentioned. Total for any text; linear in its length."""
    folded = fold(text[:LONGEST_TEXT])
    words, places = squeeze_with_places(folded)
    if not words:
        return NamesFound()
    index, wanted = index_of(catalogue), frozenset(kinds)
    hits = [h for h in _exact(words, index, wanted) if _is_mention(words, h)]
    hits += _by_letters(words, index, wanted)
    hits += [h for h in _by_sound(words, index, wanted) if _is_mention(words, h)]
    chosen = _longest(hits)
    missing = wanted - {hit.form.kind for hit in chosen}
    near = [h for h in _near_misses(words, index, missing) if not any(_overlap(h, c) for c in chosen)]
    chosen += _longest(near)
    chosen = _wanted(words, chosen)
    ids: dict[Kind, tuple[str, ...]] = {}
    for kind in KINDS:
        found = tuple(dict.fromkeys(hit.form.id for hit in chosen if hit.form.kind == kind))
        if found:
            ids[kind] = found
    spans = {(places[hit.start], places[hit.end - 1] + 1): hit.form.kind for hit in chosen}
    in_order = sorted(spans)
    return NamesFound(ids, tuple(in_order), tuple(spans[place] for place in in_order))


def _exact(words: str, index: NameIndex, wanted: frozenset[Kind]) -> list[_Hit]:
    hits = []
    for form in index.forms:
        if form.kind not in wanted:
            continue
        at = words.find(form.words)
        while at >= 0:
            hits.append(_Hit(form, at, at + len(form.words), 0))
            at = words.find(form.words, at + 1)
    return hits


_LETTERS = re.compile("[a-z]{4,40}")


def _by_letters(words: str, index: NameIndex, wanted: frozenset[Kind]) -> list[_Hit]:
    """Names spelt in pinyin letters: the whole run of letters, or with 找, 约 spelt before it."""
    hits = []
    for run in _LETTERS.finditer(words):
        for before in (
            "",
            "yue",
            "zhao",
            "wo",
            "woyao",
            "yuyue",
            "xiangyue",
            "wozhao",
            "zuo",
            "xiangzuo",
            "huan",
            "qu",
        ):
            if run.group().startswith(before):
                for form in index.by_letters.get(run.group()[len(before) :], ()):
                    if form.kind in wanted:
                        hits.append(_Hit(form, run.start() + len(before), run.end(), 1))
    return hits


def _by_sound(words: str, index: NameIndex, wanted: frozenset[Kind]) -> list[_Hit]:
    """Homophones; names of two characters must sound exactly so and need a word that announces a name."""
    hits: list[_Hit] = []
    for at in range(len(words) - 1):
        for pair in product(loose_sounds(words[at]), loose_sounds(words[at + 1])):
            for form in index.by_sound.get(pair, ()):
                end = at + len(form.words)
                if form.kind in wanted and end <= len(words) and _sounds_like(words[at:end], form):
                    hit = _Hit(form, at, end, 1)
                    if hit not in hits and _may_be_mistyped(words, hit):
                        hits.append(hit)
    return hits


def _may_be_mistyped(words: str, hit: _Hit) -> bool:
    """A long name by its sound alone, a short one if the words around announce it."""
    said, form = words[hit.start : hit.end], hit.form
    return len(form.words) >= 4 or _same_ending(said, form) or _announced(words, hit.start, hit.end, form)


def _same_ending(said: str, form: Form) -> bool:
    """国茂店: two characters mistyped at most, and the 店 that makes it a store."""
    return form.kind == "store" and len(said) == 3 and said[-1] == form.words[-1] and said[-1] in "店馆院"


def _sounds_like(said: str, form: Form) -> bool:
    if said == form.words:
        return False
    reading = sounds if len(said) <= 3 else loose_sounds
    if any(
        a != b and not ("\u4e00" <= a <= "\u9fff" and "\u4e00" <= b <= "\u9fff")
        for a, b in zip(said, form.words, strict=True)
    ):
        return False
    if not all(reading(a) & reading(b) for a, b in zip(said, form.words, strict=True)):
        return False
    return len(said) >= 4 or said not in ordinary_words()


_CUES: dict[Kind, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "technician": (
        re.compile(r"(?:找|约|点|预约|指定|跟着?|让|叫|请|换成?|要|是|给)$"),
        re.compile(
            r"^(?:老师|师傅|技师|教练|姐|哥|美容师|在吗|在不在|有空|上班|有没有空|有没有时间|"
            r"的班|的时间|做|帮我|给我|今天|明天|后天|大后天|今晚|周[一二三四五六日末]|下周|"
            r"上午|下午|什么时候|几点)"
        ),
    ),
    "service": (
        re.compile(r"(?:做|约|预约|订|个|次|套|想做|弄|项目|体验)$"),
        re.compile(r"^(?:多少钱|怎么收费|价格|多久|几钱|项目|套餐)"),
    ),
    "store": (
        re.compile(r"(?:在|去|到|换到|改到|来)$"),
        re.compile(r"^(?:店|那家|那边|分店|门店|的店|怎么走|几点|在哪|地址|电话)"),
    ),
    "reward": (
        re.compile(r"(?:换|兑换|领|要|个|张|份|盒|瓶|套)$"),
        re.compile(r"^(?:券|要多少|多少积分|多少分)"),
    ),
}
_STRONG_CUE = re.compile(r"(?:找|约|指定|点名|预约|换成)$")


def _announced(words: str, start: int, end: int, form: Form) -> bool:
    """Whether a verb before or a title after tells that a name stands here."""
    before, after = _CUES[form.kind]
    if not (before.search(words[max(0, start - 4) : start]) or after.match(words[end : end + 6])):
        return False
    return not _hidden(words, start, end)


_NUMBERED = re.compile(r"[0-9零一二三四五六七八九十]+号")
_NUMBER_MEANS_PERSON = (
    re.compile(r"(?:找|点|指定|让|要|叫|换成|给我叫)$"),
    re.compile(r"^(?:技师|师傅|老师|教练|美容师|的?钟(?!头)|的班|在不在|在吗|上班)"),
)
_LITTLE_LEFT = re.compile(r"(?:^|[^\u4e00-\u9fff])$")
_LITTLE_RIGHT = re.compile(r"^(?:$|[^\u4e00-\u9fff]|的|在|有空|今|明天|后天|下午|上午|周|老师|师傅|教练)")
_PART_LEFT = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|"
    r"[个做约订的次要想去来预到加和跟换买有选用下是在我给份张盒块条杯兑领拿弄搞项洗改把为问查看节套瓶支上整点对吗呢啊哦嗯])$"
)
_PART_RIGHT = re.compile(
    r"(?:$|[^\u4e00-\u9fff]|"
    r"[吗呢吧啊的多有是和跟要怎还明今后下周可能价几贵便套约需现在什哪给预这我你都店那啦了不会收开卡次项一两三疼痛效好舒伤久前后安就换改取服当按大吖呀或又再上早晚中])"
)
_JUST_A_PLACE = re.compile(r"桥|堵|地铁|车站|站|到(?!几点)|往|路|街|区|大厦|公园")
_AREA_LEFT = re.compile(r"(?:^|[^\u4e00-\u9fff]|[去到在约就选是换改离来往从把跟和])$")
_AREA_RIGHT = re.compile(
    r"(?:$|[^\u4e00-\u9fff]|店|那家|那边|这家|这边|那个|分店|门店|的店|的那|有|几点|怎么|在哪|"
    r"地址|电话|营业|停车|明[天早晚]|今[天晚]|后天|下午|上午|周|吧|吗|呢|还|可以|人多)"
)


def _is_mention(words: str, hit: _Hit) -> bool:
    """Whether the words found are a name here and not part of the sentence."""
    form, left, right = hit.form, words[max(0, hit.start - 6) : hit.start], words[hit.end : hit.end + 6]
    if form.words.isascii() and _cut_from_letters(left, form.words, right):
        return False
    if _NUMBERED.fullmatch(form.words):
        before, after = _NUMBER_MEANS_PERSON
        return bool(before.search(left) or after.match(right))
    if hit.rank == 0 and form.strength == PART:
        if form.words.isascii():
            return True
        if form.kind == "store":
            return bool(_AREA_LEFT.search(left) and _AREA_RIGHT.match(right)) and not _hidden(
                words, hit.start, hit.end
            )
        telling = bool(_PART_LEFT.search(left) and _PART_RIGHT.match(right))
        return telling and (len(form.words) > 3 or not _hidden(words, hit.start, hit.end, ordinary=True))
    if form.kind == "store" and form.words[-1] not in "店馆院区所" and _JUST_A_PLACE.match(right):
        return False
    if form.strength == TITLED and form.words.startswith("小"):
        alone = bool(_LITTLE_LEFT.search(left) and _LITTLE_RIGHT.match(right))
        return (alone or _announced(words, hit.start, hit.end, form)) and not _hidden(
            words, hit.start, hit.end
        )
    if form.kind == "technician" and form.words in ordinary_words() and form.words != words:
        return _announced(words, hit.start, hit.end, form)
    if len(form.words) <= 3:
        return not _hidden(words, hit.start, hit.end)
    return True


def _cut_from_letters(left: str, form: str, right: str) -> bool:
    """spa inside space: letters or digits that go on beyond the name."""
    cut_left = (
        bool(left) and left[-1].isascii() and left[-1].isalnum() and left[-1].isdigit() == form[0].isdigit()
    )
    cut_right = (
        bool(right) and right[0].isascii() and right[0].isalnum() and right[0].isdigit() == form[-1].isdigit()
    )
    return cut_left or cut_right


def _hidden(words: str, start: int, end: int, *, ordinary: bool = False) -> bool:
    """Whether everyday words around read more simply without the name (小 红包); 约 before it decides a draw.

    `ordinary`: the words in question are everyday words by themselves; then only longer ones hide them.
    """
    first, last = max(0, start - 4), min(len(words), end + 4)
    window, place = words[first:last], (start - first, end - first)
    plain = fewest_words(window)
    named = fewest_words(window[: place[0]]) + 1 + fewest_words(window[place[1] :])
    if plain != named:
        return plain < named
    return not ordinary and _crossed(window, place) and not _STRONG_CUE.search(window[: place[0]])


def _crossed(window: str, place: tuple[int, int]) -> bool:
    """Whether an everyday word begins or ends inside the name, or contains it."""
    words = ordinary_words()
    for start in range(max(0, place[0] - 3), place[1]):
        for end in range(max(start + 2, place[0] + 1), min(len(window), start + 4) + 1):
            inside = start >= place[0] and end <= place[1]
            if not inside and start < place[1] and end > place[0] and window[start:end] in words:
                return True
    return False


def _near_misses(words: str, index: NameIndex, wanted: frozenset[Kind]) -> list[_Hit]:
    """One slip in a long name: a character left out, put in, swapped, or mistyped for one of near sound."""
    if not wanted or len(words) < 3:
        return []
    said = frozenset(words)
    hits = []
    for form in index.forms:
        size = len(form.words)
        if form.kind in wanted and form.strength == FULL and size >= 4 and len(set(form.words) - said) <= 1:
            hits += _slips(words, form)
    return hits


def _slips(words: str, form: Form) -> list[_Hit]:
    size, hits = len(form.words), []
    for length in (size, size - 1, size + 1):
        for start in range(len(words) - length + 1):
            chunk = words[start : start + length]
            if chunk[0] != form.words[0] and chunk[-1] != form.words[-1]:
                continue
            if OSA.distance(chunk, form.words, score_cutoff=1) == 1 and _likely_slip(chunk, form.words):
                hits.append(_Hit(form, start, start + length, 2))
    return hits


def _likely_slip(chunk: str, name: str) -> bool:
    """A mistyped character must sound nearly alike (大提琴 is no slip of 小提琴); figures never slip."""
    if len(chunk) < len(name):
        lost = next((b for a, b in zip(chunk + " ", name, strict=False) if a != b), "")
        return not lost.isdigit() and chunk[0] == name[0] and (chunk[-1] == name[-1] or len(name) >= 5)
    if len(chunk) > len(name):
        added = next((a for a, b in zip(chunk, name + " ", strict=False) if a != b), "")
        return not added.isdigit() and chunk[0] == name[0] and chunk[-1] == name[-1]
    differing = [(a, b) for a, b in zip(chunk, name, strict=True) if a != b]
    if len(differing) == 2:
        return True
    (typed, meant) = differing[0]
    near = any(
        OSA.distance(a, b, score_cutoff=1) <= 1 and min(len(a), len(b)) >= 2
        for a in sounds(typed)
        for b in sounds(meant)
    )
    return near and not (typed.isdigit() or meant.isdigit())


def _overlap(a: _Hit, b: _Hit) -> bool:
    return a.start < b.end and b.start < a.end


def _longest(hits: list[_Hit]) -> list[_Hit]:
    """Longest first, exact before sound, full before part; equal places are kept together as candidates."""
    weight = {FULL: 0, TITLED: 1, PART: 2}
    chosen: list[_Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.rank, weight[h.form.strength], h.start)):
        rivals = [other for other in chosen if _overlap(hit, other)]
        same = all((o.start, o.end, o.rank) == (hit.start, hit.end, hit.rank) for o in rivals)
        full_already = any(o.form.strength == FULL for o in rivals) and hit.form.strength != FULL
        if not rivals or (same and not full_already):
            chosen.append(hit)
    return sorted(chosen, key=lambda h: h.start)


_REFUSED = re.compile(
    r"(?:不要|别找|不找|不想要|不想找|除了|不是|换掉|别约|不约|别给|不想约|不想做|不做|别做)$"
)
_NOT = re.compile(r"(?:(?<![要能是好])不|别)$")
_VERBAL = re.compile(r"^[做换洗按种脱清修剪染烫卸]")
_REPLACED = re.compile(r"换成|改成|改为|改约|换到|改到|而是|不对|说错|应该是|不是|还是换")


def _wanted(words: str, hits: list[_Hit]) -> list[_Hit]:
    """Refused names left out, and of one kind those before 换成 or 不对."""
    kept = [hit for hit in hits if not _is_refused(words[max(0, hit.start - 5) : hit.start], hit.form)]
    for kind in KINDS:
        mine = [hit for hit in kept if hit.form.kind == kind]
        for earlier, later in pairwise(mine):
            if _REPLACED.search(words[earlier.end : later.start]):
                kept = [hit for hit in kept if hit.form.kind != kind or hit.start >= later.start]
    return kept


def _is_refused(left: str, form: Form) -> bool:
    return bool(_REFUSED.search(left) or (_VERBAL.match(form.words) and _NOT.search(left)))
