"""Names that are mistyped: by characters that sound alike, or with one slip in a long name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rapidfuzz.distance import OSA

from nlu.name_context import Beside, announced, goes_on, has_a_service, hidden, is_asked_for, stands_apart
from nlu.name_forms import (
    WORTH,
    Form,
    Hit,
    Kind,
    NameIndex,
    Said,
    common_sounds,
    first_sound,
    loose_sounds,
    loose_syllable,
    sounds,
    tones,
)
from nlu.name_ways import FULL, PART, SPLIT, SURNAMES, TITLED
from nlu.ordinary_words import ordinary_words

_PAIRS = """
沽洁 郎部 埋理 占店 末未 治冶 晴睛 己已 土士 拨拔 王玉 佳住 拆折 侯候 析折 脱说 膜模 棒捧 白自 咖伽 咖加 咖枷
伽珈 啡非 申伸 伸神 体休 测侧 测则 瑜喻 补扑 护沪 扩护 霜箱 甲申 甲由 肩启 颈劲 颈预 睫捷 唇辱 唇晨 腋液 腿退
皱邹 脸险 脸验 艾文 灸炙 疗辽 剪煎 烫汤 染梁 摩磨 摩魔 揉柔 蜡腊 蜡错 杯怀 奶仍 茶荼 饭钣
磊雷 锋峰 锋蜂 倩情 倩请 婷停 静净 悦税 琪棋 莹荧 萍苹
"""
_LOOK_ALIKE = frozenset(frozenset(pair) for pair in _PAIRS.split())
"""Characters that are read for each other; near in shape, not in sound."""
_READ_FOR = {
    one: sorted("".join(pair - {one}) for pair in _LOOK_ALIKE if one in pair)
    for one in "".join(_PAIRS.split())
}


def by_shape(said: Said, index: NameIndex, wanted: frozenset[Kind]) -> list[Hit]:
    """Short names with a character read for another, where words before or after announce them."""
    hits = dict[Hit, None]()
    for at, typed in enumerate(said.words):
        for meant in _READ_FOR.get(typed, ()):
            put_right = said.words[:at] + meant + said.words[at + 1 :]
            hits |= dict.fromkeys(_across(put_right, at, index))
    return [hit for hit in hits if hit.form.kind in wanted and _is_misread(said, hit)]


def _across(words: str, at: int, index: NameIndex) -> Iterator[Hit]:
    """The short names that stand over a place."""
    for start in range(max(0, at - _LONGEST_SHORT + 1), at + 1):
        for form in index.by_beginning.get(words[start : start + 2], ()):
            end = start + len(form.words)
            if at < end and words.startswith(form.words, start):
                yield Hit(form, start, end, 1)


_LONGEST_SHORT = 3
"""Characters; longer names are recognised by `near_misses`."""


def _is_misread(said: Said, hit: Hit) -> bool:
    """Whether it may be a slip: of a person never in the surname, which would be somebody else's."""
    form, typed = hit.form, said.words[hit.start : hit.end]
    if not 2 <= len(typed) <= _LONGEST_SHORT or form.strength not in (FULL, PART):
        return False
    if form.kind == "technician" and typed[0] != form.words[0]:
        return False
    return typed not in ordinary_words() and announced(said, hit)


def by_sound(said: Said, index: NameIndex, wanted: frozenset[Kind], beside: Beside) -> list[Hit]:
    """Homophones; the shorter a name, the more must the words around announce it."""
    words, hits = said.words, dict[Hit, None]()
    for at in range(len(words) - 1):
        for pair in product(loose_sounds(words[at]), loose_sounds(words[at + 1])):
            for form in index.by_sound.get(pair, ()):
                end = at + len(form.words)
                if form.kind in wanted and end <= len(words) and _sounds_like(words[at:end], form):
                    hit = Hit(form, at, end, 1)
                    if hit not in hits and _may_be_mistyped(said, hit, beside):
                        hits[hit] = None
    return _nearest(words, list(hits))


def _nearest(words: str, hits: list[Hit]) -> list[Hit]:
    """Of several at one place those whose first readings are the same (精精 is 静静 rather than 倩倩)."""
    near = [
        h for h in hits if [*map(first_sound, words[h.start : h.end])] == [*map(first_sound, h.form.words)]
    ]
    places = {(hit.start, hit.end) for hit in near}
    return [hit for hit in hits if hit in near or (hit.start, hit.end) not in places]


def _may_be_mistyped(said: Said, hit: Hit, beside: Beside) -> bool:
    """A long name by its sound alone, a short one if the words around announce it."""
    form, typed = hit.form, said.words[hit.start : hit.end]
    same = sum(a == b for a, b in zip(typed, form.words, strict=True))
    if form.strength == PART and len(typed) >= 3:
        return same >= len(typed) - 1 and not _small_words(typed, form) and not hidden(said, hit)
    if len(typed) >= 4:
        return True
    if not same and (form.strength == PART or form.kind == "store"):
        return False
    if len(typed) == 3 and typed[-1] == form.words[-1] in _SHOP_ENDINGS and form.kind == "store":
        return same >= 2
    if len(typed) == 3 and same == 2 and not hidden(said, hit):
        return True
    if _small_words(typed, form) and goes_on(said.words, hit.end):
        return False
    if has_a_service(said, hit, beside) and typed[0] == form.words[0]:
        return True
    if announced(said, hit) and (is_asked_for(said, hit) or not _small_words(typed, form)):
        return True
    if form.kind == "service" and typed == said.words:
        return all(a == b or frozenset((a, b)) in _LOOK_ALIKE for a, b in zip(typed, form.words, strict=True))
    return bool(same) and _is_homophone(typed, form) and stands_apart(said, hit, beside)


def _is_homophone(typed: str, form: Form) -> bool:
    """A whole name of the same tones too: 刘亭 of 刘婷."""
    if form.strength != FULL or form.kind == "reward" or _small_words(typed, form):
        return False
    return all(tones(a) & tones(b) for a, b in zip(typed, form.words, strict=True))


_SHOP_ENDINGS = frozenset("店馆院")
_SMALL_WORDS = frozenset("那哪这的了是在有没不也就都要会去来到好还个点号")


def _small_words(typed: str, form: Form) -> bool:
    """Whether one of the characters that differ is a word of its own in any sentence: 周那 in 周那几天."""
    return any(a != b and a in _SMALL_WORDS for a, b in zip(typed, form.words, strict=True))


def _sounds_like(typed: str, form: Form) -> bool:
    titled = form.kind == "technician" and form.words[-1] in "姐哥师傅练"
    if form.words[-1] in "0123456789一二三四五六七八九十百" and len(typed) <= 3:
        return False
    if typed == form.words or form.strength in (TITLED, SPLIT) or (titled and typed[-1] != form.words[-1]):
        return False
    doubled = len(form.words) == 2 and form.words[0] == form.words[1]
    if doubled and typed[0] != typed[1] and (form.words[0] not in typed or typed[0] in SURNAMES):
        return False
    with_its_word = form.kind == "store" and len(typed) == 3 and typed[-1] == form.words[-1] in _SHOP_ENDINGS
    alike = _nearly_alike if (len(typed) > 3 or with_its_word) and form.strength == FULL else _alike
    if not all(a == b or alike(a, b) for a, b in zip(typed, form.words, strict=True)):
        return False
    return len(typed) >= 4 or typed not in ordinary_words()


def _alike(typed: str, meant: str) -> bool:
    """Whether a character as it is mostly read sounds like the one meant: 声 is not 倩, both rarely qing."""
    if not _are_chinese(typed, meant):
        return False
    return first_sound(typed) in common_sounds(meant)


def _nearly_alike(one: str, other: str) -> bool:
    """The same of long names, where one may have a rarer reading, and zh is z."""
    if not _are_chinese(one, other):
        return False
    mostly = loose_syllable(first_sound(one)), loose_syllable(first_sound(other))
    return mostly[0] in loose_sounds(other) or mostly[1] in loose_sounds(one)


def _are_chinese(*characters: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in characters)


def near_misses(words: str, index: NameIndex, wanted: frozenset[Kind]) -> list[Hit]:
    """One slip in a long name: a character left out, put in, swapped, or mistyped for one of near sound."""
    if not wanted or len(words) < 3:
        return []
    said = frozenset(words)
    hits = []
    for form in index.long:
        if form.kind in wanted and len(set(form.words) - said) <= 1:
            hits += _slips(words, form)
    return hits


def _slips(words: str, form: Form) -> list[Hit]:
    size, hits = len(form.words), []
    # A worth with a character less is another worth.
    for length in (size,) if WORTH.fullmatch(form.words) else (size, size - 1, size + 1):
        for start in range(len(words) - length + 1):
            chunk = words[start : start + length]
            if chunk in ordinary_words() or (chunk[0] != form.words[0] and chunk[-1] != form.words[-1]):
                continue
            if OSA.distance(chunk, form.words, score_cutoff=1) == 1 and _likely_slip(chunk, form.words):
                hits.append(Hit(form, start, start + length, 2))
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
    if frozenset(differing[0]) in _LOOK_ALIKE:
        return True
    near = any(_near(a, b) for a in sounds(typed) for b in sounds(meant))
    return near and not (typed.isdigit() or meant.isdigit())


_CONFUSED = frozenset(map(frozenset, ("nl", "fh", "bp", "dt", "gk", "jq", "zc", "sc", "lr", "xs", "xq")))


def _near(one: str, other: str) -> bool:
    """Syllables of one letter's difference; another consonant must be one that tongues confuse."""
    if min(len(one), len(other)) < 2 or OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    return one[0] == other[0] or frozenset((one[0], other[0])) in _CONFUSED
