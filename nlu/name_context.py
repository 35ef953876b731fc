"""Whether words that are a name, or sound like one, are meant as one: the words around decide."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nlu.name_forms import Hit, Kind, Said
from nlu.name_ways import FULL, PART, SPLIT, SURNAMES, TITLED, TITLES, VERBS, WHOLE
from nlu.ordinary_words import LONGEST_WORD, fewest_words, ordinary_words
from nlu.values.measures import PIECES

_WHEN = (
    r"今|明|后天|大后天|这周|上周|下周|下下周|本周|[上下这]个?[礼星]|周[一二三四五六日天末]|礼拜|星期|上午|下午|中午|晚上|早上|"
    r"[0-9一二两三四五六七八九十]{1,3}[点号月]"
)
_TAKEN = "[约排报]?满[了没不]"
"""Whether there is room: 满了没, 约满了吗."""
_CUES: dict[Kind, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "technician": (
        re.compile(
            r"(?:找|约|点|预约|指定|跟着?|让|叫|请|换成?|要|是|给|揾|搵|选|排|等|[找约点排](?:一下|[下哈个到]))$"
        ),
        re.compile(
            rf"^(?:{_WHEN}|老师|师傅|技师|教练|姐|哥|美容师|美甲师|在吗|在不|在么|在没|有空|得闲|上班|有没有空|"
            rf"有没有时间|有时间|的班|的时间|做|帮我|给我|什么时候|几点|哪天|休息|{_TAKEN})"
        ),
    ),
    "service": (
        re.compile(
            r"(?:[做约订个次套弄搞整练上学]|预约|想做|项目|体验|(?:教练|老师|师傅|技师|医生|大夫|[姐哥])的?)$"
        ),
        re.compile(
            r"^(?:多少钱|怎么收费|价格|多久|几钱|几多钱|啥价|多钱|项目|套餐|怎么卖|咋卖|贵不贵|要多少|"
            rf"卡?[还仲]?[有剩](?:多少|几|得?多|没|吗|位|空)|[一每两]?[次节]?(?:多少钱|几钱|啥价)|有空|有位|"
            rf"什么时候|几时|用[完了]|{_TAKEN})"
        ),
    ),
    "store": (
        re.compile(r"(?:在|去|到|换到|改到|来|约)$"),
        re.compile(r"^(?:店|那家|那边|分店|门店|的店|怎么走|几点|在哪|地址|电话|停车)"),
    ),
    "reward": (
        re.compile(rf"(?:[换兑对领要来送拿个次{PIECES}]|[换兑](?:一下|下))$"),
        re.compile(
            rf"^(?:券|[能可]?[换兑]|要多少|多少积分|多少分|来?[一两二三四五六俩仨几0-9]{{0,2}}[个{PIECES}])"
        ),
    ),
}
_ASKED_FOR: dict[Kind, re.Pattern[str]] = {
    "technician": re.compile("(?:找|约|指定|跟|[找约](?:一下|[下哈个到]))$"),
    "service": re.compile("[约做]$"),
    "store": re.compile("[去到]$"),
    "reward": re.compile("[换兑](?:一下|下)?$"),
}
_STRONG_CUE = re.compile(r"(?:找|约|指定|点名|预约|换成?)$")
_JOINED = re.compile(
    rf"(?:或者?|还是|点半|[上下中]午|[周期拜][一二三四五六日天末]|[一两俩二三四五六七八九十0-9几]个?人|"
    rf"[和跟去在到做兑换约个次下{PIECES}])$"
)
_TIME_BEFORE = re.compile(r"(?:[天日午晚上点半号早刻]|周[一二三四五六末]|[0-9])$")
_TIME_SAID = re.compile(
    r"(?:[上下中]午|[早晚]上|[今明]晚|[明今]早|[今明后]天|[周期拜][一二三四五六日天末]|[上下这本]周|点半?|[0-9一二三四五六七八九十][号日]的?)$"
)
_BEFORE_OWNER = re.compile(rf"{_TIME_BEFORE.pattern}|[上学]$")
_ANOTHER_TOO = re.compile("(?:[和跟或]|还是)$")
_TIME_AFTER = re.compile(rf"^(?:{_WHEN}|[这那有没几啥什哪早晚]|[0-9])")


@dataclass(frozen=True)
class Beside:
    """Where names begin and end: another may stand right before or after them."""

    starts: frozenset[int]
    ends: frozenset[int]

    def and_of(self, hits: Iterable[Hit]) -> Beside:
        """With those of more names."""
        more = list(hits)
        return Beside(self.starts.union(hit.start for hit in more), self.ends.union(hit.end for hit in more))


def announced(said: Said, hit: Hit) -> bool:
    """Whether a verb before or a title after tells that a name stands here."""
    before, after = _CUES[hit.form.kind]
    cued = before.search(_left(said, hit.start)) or after.match(_right(said, hit.end))
    return bool(cued) and not hidden(said, hit)


def is_asked_for(said: Said, hit: Hit) -> bool:
    """Whether 找, 约, 做, 换 stands right before."""
    return bool(_ASKED_FOR[hit.form.kind].search(_left(said, hit.start)))


def has_a_service(said: Said, hit: Hit, beside: Beside) -> bool:
    """Whether a person stands before a service, with or without 的, after nothing that runs into the name."""
    if hit.form.kind != "technician" or hit.end >= len(said.words):
        return False
    named = hit.end + (said.words[hit.end] == "的") in beside.starts
    if not (named or said.words.startswith("的课", hit.end)):
        return False
    left = _left(said, hit.start)
    # 滨江店赵雷的拉伸, 倩倩的肩颈和静静的补水: names on both sides leave nothing else to read
    if hit.start in beside.ends or _ANOTHER_TOO.search(left):
        return True
    free = hit.start in said.apart or not left[-1:].isalnum() or _BEFORE_OWNER.search(left)
    return bool(free or _CUES["technician"][0].search(left)) and not hidden(said, hit)


def stands_apart(said: Said, hit: Hit, beside: Beside) -> bool:
    """Whether on both sides there is the end of a clause, a time, a cue, or another name."""
    before, after = _CUES[hit.form.kind]
    left, right = _left(said, hit.start), _right(said, hit.end)
    free_left = _is_free(said, hit.start, beside.ends) or _TIME_BEFORE.search(left) or before.search(left)
    free_right = _is_free(said, hit.end, beside.starts) or _TIME_AFTER.match(right) or after.match(right)
    return bool(free_left and free_right) and not hidden(said, hit)


def _is_free(said: Said, at: int, names: frozenset[int]) -> bool:
    """Whether between two characters a clause ends, a blank stood, or another name begins or ends."""
    if at in said.apart or at in names:
        return True
    before, after = said.words[at - 1], said.words[at]
    return _is_chinese(before) != _is_chinese(after) or not (before.isalnum() and after.isalnum())


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _left(said: Said, at: int) -> str:
    return said.words[max(0, at - 6) : at]


def _right(said: Said, at: int) -> str:
    return said.words[at : at + 6]


_NUMBERED = re.compile(r"[0-9零一二三四五六七八九十]+号")
_NUMBER_MEANS_PERSON = (
    re.compile(r"(?:找|点|指定|让|要|叫|换成|给我叫)$"),
    re.compile(r"^(?:技师|师傅|老师|教练|美容师|的?钟(?!头)|的班|在不在|在吗|上班)"),
)
_WORTH = re.compile(r"[0-9零一二两三四五六七八九十百千]+[元块]")
_FIGURE_BEFORE = re.compile(r"[0-9零一二两三四五六七八九十百千万.]$")
_ENDS_IN_FIGURES = re.compile(r"[0-9一二三四五六七八九十百]$")
_COUNTED = re.compile(r"[0-9零一二三四五六七八九十百千万天次分年月日号点人折%]")
_LITTLE_LEFT = re.compile(r"(?:^|[^\u4e00-\u9fff])$")
_LITTLE_RIGHT = re.compile(r"^(?:$|[^\u4e00-\u9fff]|的|在|有空|今|明|后天|下午|上午|周|老师|师傅|教练)")
_PART_LEFT = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|"
    rf"[个做约订的次要想去来预到加和跟换买有选用下是在我们给块兑领拿弄搞整项洗改把为问查看上骑练种类脱分消退抵就还也都只再俩仨{PIECES}"
    r"点对吗呢啊哦嗯]|[一两俩二三四五]回|报名|谁[带教开]|[一两俩二三四五六七八九十0-9几]个?人)$"
)
_PART_RIGHT = re.compile(
    r"(?:$|[^\u4e00-\u9fff]|"
    r"[吗呢吧啊的多有是和跟要怎咋啥几得来俩仨啷还明今后下周可能价贵便套约需现在什哪给预这我你都各店那啦了会收开卡次项一两三"
    r"效好舒伤久前后安就换改取服当大吖呀嘛么咩伐唔嘢或又再上早晚中加最全送弄]|[疼痛][吗不么嘛得]|行(?!业)|体验(?![卡店馆])|不(?!转|响|制)|[帮请麻](?!我妈)|来(?=[不晚早个一两]|$)|"
    rf"{_TAKEN}|[0-9一二三四五六七八九十]{{1,3}}点)"
)
_JUST_A_PLACE = re.compile(
    r"桥|堵|地铁|车站|站|到(?!几点)|往|路|街|区|大厦|公园|湿地|大学|小学|中学|小区|医院|景区|机场|火车|"
    r"技校|学校|学院|幼儿园|商场|广场|公司|村|镇|道(?!口)|边(?!上?[那这的]?店)"
)
_AREA_LEFT = re.compile(r"(?:^|[^\u4e00-\u9fff]|[去到在约就选是换改离来往从把跟和])$")
_AREA_RIGHT = re.compile(
    r"(?:$|[^\u4e00-\u9fff]|店|那家|那边|这家|这边|那个|分店|门店|的店|的那|有|几点|怎么|咋|在哪|啥|都|"
    r"地址|电话|营业|停车|过年|春节|国庆|五一|元旦|中秋|明[天早晚]|今[天晚]|后天|下午|上午|周|吧|吗|呢|还|可以|人多|现在|满[了没不])"
)
_ANOTHER_BEFORE = re.compile(r"(?:光子|激光|水光|果酸|头皮|头发|牙齿|宠物|产后|私密)$")
_ANOTHER_AFTER = re.compile(
    r"牙[齿膏]|[仪灯膏笔针霜巾盆刀夹剂店条垫圈镜帽裤鞋液品匠堂锁证桶露粉油馆衣池圈椅]|床(?!位)|师(?!傅)|水(?!疗|光|氧)|套(?![餐装盒])|"
    r"服(?!务)|面霜|精华|乳液|机(?!会)|辅导|培训|加盟"
)
"""Words beside the name of a service that make it another one (光子嫩肤), or something sold (脱毛仪)."""


_SHOP_ENDINGS = "店馆院区所"
_OWN_NAME = re.compile(
    r"(?:(?<![给帮替])我[是叫姓]|本人|姓名[:：是]?|名字[是叫:：]?|[儿女弟妹][儿子弟妹]?叫|[他她]叫|叫做)$"
)
"""What stands before a name of the member's own people."""


def is_mention(said: Said, hit: Hit, beside: Beside) -> bool:
    """Whether the words found are a name here and not part of the sentence."""
    if _NUMBERED.fullmatch(hit.form.words):
        before, after = _NUMBER_MEANS_PERSON
        return bool(before.search(_left(said, hit.start)) or after.match(_right(said, hit.end)))
    if _is_another_thing(said, hit):
        return False
    if hit.form.strength == SPLIT:
        return not goes_on(said.words, hit.end)
    if hit.rank == 0 and hit.form.strength == PART:
        return hit.form.words.isascii() or _is_part(said, hit, beside)
    if hit.form.kind == "technician":
        return _is_person(said, hit, beside)
    if (
        hit.form.kind == "store"
        and hit.form.words[-1] not in _SHOP_ENDINGS
        and not _stops_here(said, hit, beside)
    ):
        return False
    return len(hit.form.words) > 3 or not hidden(said, hit)


def _is_another_thing(said: Said, hit: Hit) -> bool:
    """Whether what stands right beside the words makes another word or thing of them."""
    form, left, right = hit.form, _left(said, hit.start), _right(said, hit.end)
    if form.words.isascii() and _cut_from_letters(said, hit):
        return True
    if hit.rank and form.kind == "reward" and right[:1] in ("券", "卡"):
        return True
    if _WORTH.match(form.words) and _FIGURE_BEFORE.search(left):
        return True
    if form.kind == "store":
        return form.words[-1] not in _SHOP_ENDINGS and bool(_JUST_A_PLACE.match(right))
    if form.kind == "technician":
        return bool(_OWN_NAME.search(left)) or (
            right[:1] == right[1:2] != "" and form.words[0] == form.words[-1]
        )
    if _ANOTHER_BEFORE.search(left) or _ANOTHER_AFTER.match(right):
        return True
    return bool(_ENDS_IN_FIGURES.search(form.words) and _COUNTED.match(right))


_STORE_RIGHT = re.compile(
    rf"{_AREA_RIGHT.pattern}|{_TIME_AFTER.pattern}|[0-9一两二三四五六]+[个位人]|[的做约能找来和跟或不没也那这哪什好会要想给帮嗰喺间铺舖占附个上"
    rf"关开近远多收预改换取订用啊呀了小老练满现{''.join(sorted(SURNAMES | VERBS))}]"
)


def _stops_here(said: Said, hit: Hit, beside: Beside) -> bool:
    """Whether 望京 is the store and not a part of another place's name (望京烤鸭)."""
    return _is_free(said, hit.end, beside.starts) or bool(_STORE_RIGHT.match(_right(said, hit.end)))


_PERSON_RIGHT = re.compile(
    rf"{_TIME_AFTER.pattern}|{'|'.join(TITLES)}|护士|月嫂|育婴师|"
    "[的和跟与或还满都换改不没在有会能可吧吗呢啊呀哦做帮给忙休上来行好手谁也最约得几排那咋啥喺哪带教先再就]|单独|一起|一块"
)


def _is_person(said: Said, hit: Hit, beside: Beside) -> bool:
    form, left, right = hit.form, _left(said, hit.start), _right(said, hit.end)
    if form.strength == TITLED and form.words.startswith("小"):
        begins = _is_free(said, hit.start, beside.ends) or _LITTLE_LEFT.search(left)
        alone = bool(begins and (_is_free(said, hit.end, beside.starts) or _LITTLE_RIGHT.match(right)))
        return (alone or announced(said, hit)) and not hidden(said, hit)
    if form.words in ordinary_words() and form.words != said.words:
        return announced(said, hit) or has_a_service(said, hit, beside)
    surname = form.words[0] in SURNAMES and form.words[:1] != form.words[1:2]
    doubled = form.strength == TITLED and form.words[:1] == form.words[1:]
    if (form.strength == FULL and not surname) or doubled:
        # 毛毛, 安琪, 晓燕: not in 毛毛雨.
        free = _is_free(said, hit.end, beside.starts) or _PERSON_RIGHT.match(right)
        if not free:
            return False
    return len(form.words) > 3 or not hidden(said, hit)


def _is_part(said: Said, hit: Hit, beside: Beside) -> bool:
    """Whether a telling part (美甲, 国贸) stands by itself, and nothing before makes it another thing."""
    left, right = _left(said, hit.start), _right(said, hit.end)
    if hit.form.kind == "store":
        begins = _is_free(said, hit.start, beside.ends) or _AREA_LEFT.search(left)
        ends = _is_free(said, hit.end, beside.starts) or _AREA_RIGHT.match(right)
        return bool(begins and ends) and not _JUST_A_PLACE.match(right) and not hidden(said, hit)
    # 可以脱毛吗 asks for it; 睡不好可以调理吗 for something of that kind.
    is_deed = hit.form.words[0] in VERBS and hit.form.words not in WHOLE
    may = is_deed and left[-1:] in ("以", "能", "会")
    begins = (
        may or _is_free(said, hit.start, beside.ends) or _PART_LEFT.search(left) or _TIME_SAID.search(left)
    )
    ends = _is_free(said, hit.end, beside.starts) or _PART_RIGHT.match(right)
    if not (begins and ends):
        return False
    return len(hit.form.words) > 3 or not hidden(said, hit, ordinary=True)


def goes_on(words: str, end: int) -> bool:
    """Whether the last one or two characters begin a longer everyday word: 补个水 in 补个水果."""
    known = ordinary_words()
    return any(
        words[start:after] in known
        for start in (end - 1, end - 2)
        for after in range(end + 1, min(len(words), start + LONGEST_WORD) + 1)
    )


def _cut_from_letters(said: Said, hit: Hit) -> bool:
    """spa inside space: letters or digits that go on beyond the name, more than the s of a plural."""
    words, end = said.words, hit.end
    plural = words[end : end + 1] == "s" and len(hit.form.words) >= _LEAST_PLURAL and end not in said.apart
    return _runs_on(said, hit.start) or _runs_on(said, end + plural)


_LEAST_PLURAL = 5
"""Letters; the s after fewer (pts, spas) may be anything."""


def _runs_on(said: Said, at: int) -> bool:
    if at in said.apart:
        return False
    one, other = said.words[at - 1], said.words[at]
    alike = one.isascii() and one.isalnum() and other.isascii() and other.isalnum()
    return alike and one.isdigit() == other.isdigit()


_A_WORD_AFTER = frozenset("给我你帮请改换挪调约订取退还要想可能有没多几啥怎和跟或在到今明后周吗呢吧")


def hidden(said: Said, hit: Hit, *, ordinary: bool = False) -> bool:
    """Whether everyday words around read more simply without the name (小 红包); 约 before it decides a draw.

    `ordinary`: the words in question are everyday words by themselves; then only longer ones hide them.
    """
    start, end = hit.start, hit.end
    first = max([start - 4, 0, *(at for at in said.apart if at <= start)])
    last = min([end + 4, len(said.words), *(at for at in said.apart if at >= end)])
    window, place = said.words[first:last], (start - first, end - first)
    plain = fewest_words(window)
    named = fewest_words(window[: place[0]]) + 1 + fewest_words(window[place[1] :])
    if plain != named:
        return plain < named
    cue = _STRONG_CUE if hit.form.kind == "technician" else _JOINED
    if ordinary or cue.search(window[: place[0]]):
        return False
    # read from the left, 私教给 is 私教 and 给, not 私 and 教给
    word = hit.form.kind != "technician" and hit.form.words in ordinary_words()
    from_left = word and window[place[1] : place[1] + 1] in _A_WORD_AFTER
    return _crossed(window, place, place[0] if from_left else place[1])


def _crossed(window: str, place: tuple[int, int], before: int) -> bool:
    """Whether an everyday word that begins before `before` begins or ends inside the name, or contains it."""
    words = ordinary_words()
    for start in range(max(0, place[0] - 3), before):
        for end in range(max(start + 2, place[0] + 1), min(len(window), start + 4) + 1):
            inside = start >= place[0] and end <= place[1]
            if not inside and start < place[1] and end > place[0] and window[start:end] in words:
                return True
    return False
