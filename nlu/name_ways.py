"""How a name is said: in full, by alias, with a title, by a telling part, its verb put apart."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlu.ordinary_words import ordinary_words
from nlu.values.measures import PIECES
from nlu.values.text import fold
from shop.catalogue import Named

FULL, PART, TITLED, SPLIT = "full", "part", "titled", "split"
_OFTEN_DOUBLED = "月天日年人家个时次样种件处回事"
"""月月 and 天天 are words, not what 黄月 is called."""
_VERB_FIRST = re.compile(r"^(?:兑换|换|兑|抵|做|约|领)")
_VERB_BEFORE = re.compile(r"^(?:兑换|换|兑|领)")
_BRACKETED = re.compile(r"[(\[【（]([^)\]】）]{1,20})[)\]】）]")
MEASURE = re.compile(
    rf"\s?[0-9.一二两三四五六七八九十百]+\s?(?:分钟|小时|min|h|ml|毫升|升|课时|公斤|千克|kg|[次天两斤个块克g{PIECES}])装?$"
)
_TITLE_WORDS = "高级技师 美容师 美甲师 理疗师 发型师 老师 师傅 技师 教练 医生 大夫 阿姨 店长 总监 姐 哥"
TITLES = tuple(_TITLE_WORDS.split())
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_SUFFIX_WORDS = "旗舰店 分店 门店 总店 直营店 体验店 会所 工作室 校区 中心 诊所 分馆 分院 馆 店 院"
_SHOP_SUFFIXES = tuple(_SUFFIX_WORDS.split())
_GENERIC_WORDS = """
套餐 疗程 服务 体验 课程 项目 单次 一次 次卡 年卡 月卡 季卡 次券 元券 代金 优惠 现金
抵用 礼品 礼盒 礼包 特价 活动 生日 基础 深层 高级 全身 局部 尊享 豪华 经典 特色 专业
精品 至尊 专享 升级 标准 普通 日常 正品 进口 免费 全套 手工 儿童 成人 女士 男士 新人
新客 会员 双人 单人 亲子 小班 大班 中班 家庭 家用 周末 半年 时光 小时 分钟 管理 服饰
韩系 日系 欧式 美式 春季 夏季 秋季 冬季 自然 运动 测试 设计 用券 扣券 金券
宝宝 婴儿 幼儿 小儿 孩子 老人 妈妈 孕妇 产妇
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
"""Words of every shop: as a part of a name they tell nothing."""
VERBS = frozenset("做洗修脱卸种接烫开按补去清美拉测染剪吹刮拔推理刷擦贴打敷护拍纹祛保")
WHOLE = frozenset(("清洁", "护理", "推拿", "修护", "护肤"))
"""Not a verb with its noun: nobody says 清个洁."""
_ALSO_CALLED = {"脸": "面", "眉": "眼眉", "眉毛": "眼眉", "腿毛": "脚毛", "指甲": "手甲"}
"""What the south calls it."""
_MIDST = ("个", "下", "哈", "次", "了", "回", "把", "一下", "一次", "一个", "一回")
_AREA_WORDS = ("店", "那家", "那边", "那个店", "那家店", "的店", "分店")


def ways_to_say(kind: str, item: Named, common: str) -> list[tuple[str, str]]:
    """Words and their strength; `common`: the brand with which all names of this kind begin."""
    names = [fold(item.name), *(fold(alias) for alias in item.aliases)]
    plain = MEASURE.sub("", _BRACKETED.sub("", names[0]).strip())
    found = [(name, FULL) for name in names]
    # 罐头 of 罐头三罐 is a word of its own
    own_word = kind == "reward" and plain in ordinary_words() and plain[0] not in VERBS
    found.append((plain, PART if own_word else FULL))
    if kind == "technician":
        return found + _technician_ways(plain)
    if kind == "store":
        return found + _store_ways(names, plain, common)
    found += _telling_parts(kind, names, plain)
    found += [(name + "老", FULL) for name in names if name.endswith("抗衰")]
    counted = MEASURE.search(names[0])
    fours = [words for words in names[1 if counted else 0 :] if len(words) == 4 and _is_chinese(words)]
    turned = [words[2:] + words[:2] for words in fours]
    spoken = dict.fromkeys(_VERB_BEFORE.sub("", words) for words, _ in found)
    return found + [(way, SPLIT) for way in (*turned, *(w for words in spoken for w in split_ways(words)))]


def _telling_parts(kind: str, names: list[str], plain: str) -> list[tuple[str, str]]:
    """Parts of a thing's name and of its aliases. 小气 of 小气泡清洁 is none where 小气泡 is a name."""
    short = {alias[:-1] for alias in names[1:] if plain.startswith(alias)}
    found = [part for part in _parts(plain, beginnings=True) if part[0] in names or part[0] not in short]
    for alias in names[1:]:
        bare = _VERB_FIRST.sub("", alias)
        if kind == "reward" and not bare.isdigit():
            found.append((bare, PART))
        found += _parts(bare, beginnings=False)
        if alias[:1] in VERBS:
            noun = bare if bare != alias else alias[1:]
            found += [(noun, PART)] if len(noun) >= 2 else []
        elif bare == alias:
            beginnings = _parts(bare, beginnings=True)
            found += [part for part in beginnings if part[0] not in ordinary_words()]
    return found


def split_ways(words: str) -> list[str]:
    """A verb and its noun put apart or turned round: 做个脸 of 做脸, 修修眉 of 修眉, 睫毛接一下 of 接睫毛."""
    verb, noun = words[:1], words[1:]
    if verb not in VERBS or words in WHOLE or len(noun) not in (1, 2) or not _is_chinese(noun):
        return []
    southern = _ALSO_CALLED.get(noun)
    ways = [*split_ways(verb + southern), verb + southern] if southern else []
    ways += [verb + between + noun for between in (*_MIDST, verb, "一" + verb, "一次" + verb)]
    ways += ["做完" + noun] if verb == "做" else []
    ways += [noun + verb + after for after in ("一下", "一次")]
    if len(noun) == 2:
        ways += [noun + verb + after for after in ("下", "个", verb, "一" + verb)]
        ways += [noun + between + verb for between in ("要", "想", "也", "都")]
    return ways


def group_ways(name: str, members: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Ways to say a category, each with a member that it means; `members`: the names of each, by id.

    A category of two (美睫美眉) is also said by its halves, where each half tells its own members apart.
    """
    ways = [(fold(name), one) for one in members]
    half = len(name) // 2
    if len(name) == 4 and _is_chinese(name) and set(name[:half]) & set(name[half:]):
        telling = [
            {one for one, said in members.items() if set(part) - set(other) & set("".join(said))}
            for part, other in ((name[:half], name[half:]), (name[half:], name[:half]))
        ]
        if all(telling) and not telling[0] & telling[1] and set(members) == telling[0] | telling[1]:
            ways += [(name[:half], one) for one in telling[0]] + [(name[half:], one) for one in telling[1]]
    return ways


def common_beginning(kind: str, items: tuple[Named, ...]) -> str:
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


def _is_chinese(words: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in words)


def _technician_ways(name: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for title in TITLES:
        if name.endswith(title) and len(name) - len(title) >= 2:
            name = name.removesuffix(title)
            found.append((name, FULL))
            break
    if len(name) in (2, 3) and name[0] in SURNAMES:
        found += [(name[0] + title, TITLED) for title in TITLES]
        found.append(("小" + name[0], TITLED))
        if len(name) == 3 and name[1:] not in TITLES:
            found.append((name[1:], FULL))
        if name[1:] not in TITLES:
            called = [name[-1] + "姐", name[-1] + "哥", "小" + name[-1], "阿" + name[-1]]
            called += [name[-1] * 2] if name[-1] not in _OFTEN_DOUBLED else []
            found += [(words, TITLED) for words in called]
    elif name.startswith("小") and len(name) == 2:
        found += [(name[1] + title, TITLED) for title in ("姐", "哥")]
    return found


def _store_ways(names: list[str], plain: str, common: str) -> list[tuple[str, str]]:
    name = names[0]
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
    for alias in names:
        stem = alias.removesuffix("店")
        if len(stem) >= 2 and stem != alias:
            found += [(stem + word, SPLIT) for word in _AREA_WORDS]
            found += [(stem, PART)] if alias == name else []
        if not alias.isascii():
            found += [
                (latin + word, SPLIT) for latin in re.findall("[a-z]{3,}", alias) for word in _AREA_WORDS
            ]
    return found if plain else []


def _parts(name: str, *, beginnings: bool) -> list[tuple[str, str]]:
    """Beginnings and ends of a name that tell what it is; not figures, not words of every shop (套餐)."""
    found = []
    for size in range(2, len(name)):
        for part, cut in ((name[-size:], name[-size - 1]), (name[:size], name[size]))[: 1 + beginnings]:
            if (
                _is_chinese(part)
                and not cut.isdigit()
                and part not in _GENERIC
                and part[0] not in "部的不"
                and not set(part) & set("一二两三四五六七八九十")
            ):
                found.append((part, PART))
    found += [(letters, PART) for letters in re.findall(r"[a-z]{3,}", name) if letters != name]
    return found
