"""The ways in which members say a name of the catalogue: in full, by alias, by its telling part, by sound."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from pypinyin.pinyin_dict import pinyin_dict

from nlu.values.text import fold
from shop.catalogue import Catalogue, Named

Kind = Literal["service", "technician", "store", "reward"]
KINDS: tuple[Kind, ...] = ("service", "technician", "store", "reward")
FULL, PART, TITLED = "full", "part", "titled"
_NOISE = re.compile(r"[\s()\[\]【】《》<>「」·・'\"“”‘’|_]")
_VERB_FIRST = re.compile(r"^(?:兑换|换|兑|抵|做|约|领)")
_BRACKETED = re.compile(r"[(\[【（]([^)\]】）]{1,20})[)\]】）]")
_MEASURE = re.compile(
    r"\s?[0-9.一二两三四五六七八九十]+\s?(?:分钟|小时|min|h|ml|毫升|次|节|课时|天|盒|份|瓶|支|"
    r"张|个|套|包|袋|片|只|件|双|对|条|箱|杯|碗|桶|束|把|根|克|g)$"
)
_TITLES = tuple(
    "高级技师 美容师 美甲师 理疗师 发型师 老师 师傅 技师 教练 医生 大夫 阿姨 店长 总监 姐 哥".split()  # noqa: SIM905
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_SHOP_SUFFIXES = tuple(
    "旗舰店 分店 门店 总店 直营店 体验店 会所 工作室 校区 中心 诊所 分馆 分院 馆 店 院".split()  # noqa: SIM905
)
_GENERIC_WORDS = """
套餐 疗程 服务 体验 课程 项目 单次 一次 次卡 年卡 月卡 季卡 次券 元券 代金 优惠 现金
抵用 礼品 礼盒 礼包 特价 活动 生日 基础 深层 高级 全身 局部 尊享 豪华 经典 特色 专业
精品 至尊 专享 升级 标准 普通 日常 正品 进口 免费 全套 手工 儿童 成人 女士 男士 新人
新客 会员 双人 单人 亲子 小班 大班 中班 家庭 家用 周末 半年 时光 小时 分钟 管理 服饰
韩系 日系 欧式 美式 春季 夏季 秋季 冬季
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
"""Words of every shop: as a part of a name they tell nothing."""


@dataclass(frozen=True)
class Form:
    """One way to say the thing `id`; `strength`: FULL name or alias, TITLED 李老师, PART a telling part."""

    words: str
    id: str
    kind: Kind
    strength: str


@dataclass(frozen=True)
class NameIndex:
    """All forms of a catalogue, and by their first sound."""

    forms: tuple[Form, ...]
    by_sound: dict[tuple[str, str], tuple[Form, ...]]
    """Whole names and titles by the loose sounds of their first two characters."""
    by_letters: dict[str, tuple[Form, ...]]
    """Forms by their whole spelling in pinyin letters (xiaohong)."""


def squeeze(folded: str) -> str:
    """Folded words without blanks, brackets and quotation marks, as names are compared."""
    return _NOISE.sub("", folded)


def squeeze_with_places(folded: str) -> tuple[str, list[int]]:
    """The squeezed words and, per character, its place in the folded text."""
    places = [index for index, character in enumerate(folded) if not _NOISE.match(character)]
    return "".join(folded[index] for index in places), places


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


@lru_cache(maxsize=16)
def index_of(catalogue: Catalogue) -> NameIndex:
    """The forms of a catalogue; computed once for each."""
    forms: dict[tuple[str, str, Kind], Form] = {}
    for kind, items in _by_kind(catalogue).items():
        common = _common_beginning(kind, items)
        for item in items:
            for words, strength in _forms_of(kind, item, common):
                squeezed = squeeze(fold(words))
                if len(squeezed) >= 2 or (
                    strength == FULL
                    and len(squeezed) == 1
                    and not squeezed.isascii()
                    and kind != "technician"
                ):
                    forms.setdefault((squeezed, item.id, kind), Form(squeezed, item.id, kind, strength))
    by_sound: dict[tuple[str, str], list[Form]] = defaultdict(list)
    by_letters: dict[str, list[Form]] = defaultdict(list)
    for form in forms.values():
        if form.strength != PART and len(form.words) >= 2:
            for pair in product(loose_sounds(form.words[0]), loose_sounds(form.words[1])):
                by_sound[pair].append(form)
        letters = _letters(form.words)
        if len(letters) >= 4 and form.strength != PART and not form.words.isascii():
            by_letters[letters].append(form)
    return NameIndex(
        tuple(forms.values()),
        {pair: tuple(items) for pair, items in by_sound.items()},
        {letters: tuple(items) for letters, items in by_letters.items()},
    )


def _by_kind(catalogue: Catalogue) -> dict[Kind, tuple[Named, ...]]:
    return {
        "service": catalogue.services,
        "technician": catalogue.technicians,
        "store": catalogue.stores,
        "reward": catalogue.rewards,
    }


def _letters(words: str) -> str:
    return "".join(sorted(sounds(c))[0] if len(sounds(c)) == 1 else _first_sound(c) for c in words)


def _first_sound(character: str) -> str:
    said = pinyin_dict.get(ord(character))
    return said.split(",")[0].translate(_TONES) if said else character


def _common_beginning(kind: Kind, items: tuple[Named, ...]) -> str:
    """The brand with which all stores begin; it tells nothing apart."""
    names = [fold(item.name) for item in items]
    common = _common_prefix(names) if kind == "store" and len(names) > 1 else ""
    return common if len(common) >= 2 and all(len(name) > len(common) for name in names) else ""


def _common_prefix(names: list[str]) -> str:
    shortest, longest = min(names), max(names)
    same = 0
    while same < min(len(shortest), len(longest)) and shortest[same] == longest[same]:
        same += 1
    return shortest[:same]


def _forms_of(kind: Kind, item: Named, common: str) -> list[tuple[str, str]]:
    names = [fold(item.name), *(fold(alias) for alias in item.aliases)]
    found = [(name, FULL) for name in names]
    for name in names[:1]:
        plain = _MEASURE.sub("", _BRACKETED.sub("", name).strip())
        found.append((plain, FULL))
        if kind == "technician":
            found += _technician_forms(plain)
        elif kind == "store":
            found += _store_forms(name, plain, common)
        else:
            found += _parts(plain, beginnings=True)
            for alias in names[1:]:
                bare = _VERB_FIRST.sub("", alias)
                found += [(bare, PART)] if kind == "reward" and len(bare) >= 2 else []
                found += _parts(bare, beginnings=False)
    found += [(in_characters(words), strength) for words, strength in found if re.search("[0-9]", words)]
    return found


def _technician_forms(name: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for title in _TITLES:
        if name.endswith(title) and len(name) - len(title) >= 2:
            name = name.removesuffix(title)
            found.append((name, FULL))
            break
    if len(name) in (2, 3) and name[0] in _SURNAMES:
        found += [(name[0] + title, TITLED) for title in _TITLES]
        found.append(("小" + name[0], TITLED))
        if len(name) == 3 and name[1:] not in _TITLES:
            found.append((name[1:], FULL))
    elif name.startswith("小") and len(name) == 2:
        found += [(name[1] + title, TITLED) for title in ("姐", "哥")]
    return found


def _store_forms(name: str, plain: str, common: str) -> list[tuple[str, str]]:
    shorts = [inside for inside in _BRACKETED.findall(name) if len(inside) >= 2]
    if common and name.startswith(common):
        shorts.append(_BRACKETED.sub("", name[len(common) :]).strip("(（[【·- "))
    found = []
    for short in (s.strip("()（） ") for s in shorts):
        found.append((short, FULL))
        for suffix in _SHOP_SUFFIXES:
            if short.endswith(suffix) and len(short) - len(suffix) >= 2:
                found.append((short.removesuffix(suffix), PART))
                found.append((short.removesuffix(suffix) + "店", FULL))
                break
    return found if plain else []


def _parts(name: str, *, beginnings: bool) -> list[tuple[str, str]]:
    """Beginnings and ends of a name that tell what it is; not figures, not words of every shop (套餐)."""
    found = []
    for size in range(2, len(name)):
        for part, cut in ((name[-size:], name[-size - 1]), (name[:size], name[size]))[: 1 + beginnings]:
            chinese = all("\u4e00" <= character <= "\u9fff" for character in part)
            if (
                chinese
                and not cut.isdigit()
                and part not in _GENERIC
                and part[0] not in "部的一二两三四五六七八九十"
            ):
                found.append((part, PART))
    found += [(letters, PART) for letters in re.findall(r"[a-z]{3,}", name) if letters != name]
    return found


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
