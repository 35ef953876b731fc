"""Amounts of money as members say them: 五百, 1.5k, 两块五, “充值300送多少” (300), “五百来块” (asked back).

Nothing is rounded or guessed: what is not a whole number of fen, not positive or beyond reason is no amount.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from nlu.values.numbers import DIGITS, Number, find_numbers, read_number
from nlu.values.pinyin import amounts_in_characters
from nlu.values.revised import Spot, standing
from nlu.values.text import fold

LARGEST_AMOUNT_FEN = 100_000_000_000
"""Fen; a thousand million yuan. What is said beyond it is no amount for a shop."""


@dataclass(frozen=True)
class AmountSaid:
    """What the words say about one amount: `amount_fen`, or None and the values in doubt as `candidates`."""

    amount_fen: int | None = None
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Mention:
    """One amount of the sentence in fen, lowest and highest reading, and where it stands."""

    low: int
    high: int
    start: int
    end: int
    marked: bool
    """With a unit of money."""
    doubtful: bool
    """多, 左右, 大概: not exactly this."""


_DIGIT = "".join(DIGITS)
_YUAN = re.compile(
    r"\s?(?:块钱|块?大洋|块?洋钿|块整|块|元钱|元整|元|蚊|箍|软妹币|人民币|rmb|cny|yuan|kuai(?![a-z])|r(?![a-z])|¥)"
    rf"|快(?=钱|[0-9{_DIGIT}])"
)
_HUNDREDS = re.compile(r"\s?[旧嚿]水")
"""一旧水 is a hundred yuan in Cantonese."""
_TOGETHER = re.compile(r"(?:儿|去|来|做|过|约|走|用|送|办|玩|吃|给|充)")
_DIME = re.compile(
    rf"\s?零?(?P<jiao>[0-9]|[{_DIGIT}])(?:毛|角)(?:钱)?(?:(?P<fen>[0-9]|[{_DIGIT}])(?:分钱?|"
    rf"(?![0-9{_DIGIT}十百千万个次])))?"
)
_CENT = re.compile(rf"\s?零?(?P<fen>[0-9]{{1,2}}|[{_DIGIT}])分(?:钱)?")
_SHORT = re.compile(
    rf"(?P<tail>半|[0-9]{{1,2}}|[{_DIGIT}]{{1,2}})(?![0-9.{_DIGIT}十百千万个次人位张份折点号月日天年分])"
)
_FOREIGN = re.compile(
    r"\s?(?:美元|美金|刀|欧元|欧|日元|日币|港币|港元|港纸|港|台币|新台币|英镑|韩元|泰铢|比特币|卢布|usd|hkd)"
)
_LOOSE_AFTER = re.compile(
    r"\s?(?:(?:块钱?|元)?(?:左右|上下|出头|以?内(?![部在])|以下|以上|不到|封顶|之间|的样子|吧左右|起(?!来)|一个?人|每人|[x×*]\s?[2-9])"
    r"|(?<! )(?:块钱?|元)?(?:[2-9]|[两俩三四五])(?:次|笔|回|份)(?![卡护洗])"
    r"|(?:块钱?|元)(?:多|来)(?!少)|多(?![少送久充给打退余扣收谢的])|(?<=[百千万])来(?!存|充|冲|办|做|约))"
)
_LOOSE_INSIDE = re.compile(r"\s?(?:来|多|把)(?=(?:[万千百]?(?:块|元|蚊))|[万千百])[万千百]?")
_SCALE = {"百": 100, "千": 1000, "万": 10_000}
_LOOSE_BEFORE = re.compile(
    r"(?:大概|大约|约莫|差不多|左右|估计|最多|最少|至少|起码|不超过|超过|不到|将近|接近|小于|"
    r"大于|低于|高于|凑到|凑够|小|每次|一人|每个?[月周年天]|分(?:[2-9]|[两三四五])次|每人|每个人|每张|每笔|各自?|俩|两个?人)(?:充|冲|存|个|要)?(?:值)?\s?$"
)
_UP_TO_BEFORE = re.compile(r"(?:充|存|冲|加|补|凑)(?:值)?(?:到|满|够|足)\s?$")
_ASKS_FOR_OFFER = re.compile(r"送|赠|返|优惠|活动|折|礼|好处|有啥|有什么|划算")
_TWO_OF = re.compile(r"(?:[2-9]|两|俩|三|四|五)(?:个|次|笔|张|回|份)\s?$")
_GIFT_BEFORE = re.compile(
    r"(?:送|赠|赠送|(?<![充退存入])返|返现|减|立减|抵|优惠|便宜|省|多给|奖励|变成?)(?:了|我|你|您|个|给我|给|的)?\s?$"
)
_GOT_BEFORE = re.compile(r"(?:给|得|当|到账|实得|成为|顶)(?:到|我|你)?\s?$")
"""充1000得1100: a gift only where another amount stands before it."""
_NEGATIVE_BEFORE = re.compile(r"(?:(?<![0-9万千百元块kw])-|负|零下)\s?$")
_OTHER_NUMBER_BEFORE = re.compile(
    r"(?:第|双|尾号|卡号|编号|号码|电话|手机|手机号|验证码|密码|工号|单号|订单|订单号|会员号|"
    r"身份证|vip|qq|微信|no\.?|#|周|星期|礼拜|初|v|\$|€|£|百分之)(?:是|为|:|号)?\s?$"
)
_PAST_BEFORE = re.compile(
    r"(?:还剩|剩下|只剩|剩|余额|余额是|[卡里]里?有|卡里还有|还有|只有|[花用扣刷](?:了|掉|去|过)|消费了?|充过|"
    r"充了|冲了|存了|存过|[充冲存](?:的|成了?)|[充冲存入]错?[咗左]|(?:上次|上回|刚才|本来|原来|原先|昨天|之前|已经有?)"
    r"(?:说|想|要|打算)?(?:要|想)?(?:充|冲|存|退)?(?:的|过)?)(?:了|是|只有)?\s?$"
)
_WISH_BEFORE = re.compile(
    r"(?:充|冲|存|储|打|办|加|转|退|提|取|来|要|弄|搞|整|(?<!手)续|交|刷|付)(?:值|个|点|进去|入|款|费|现|"
    r"我|给我|上|钱|卡|回|掉|我的|出来)?(?:就|先|是|:|那个)?\s?$"
)
_WISH_AFTER = re.compile(
    r"\s?(?:块钱?|元|蚊|的)?\s?(?:钱|就|都|也|全|要|想|能|可以|给我|帮我)*"
    rf"(?:退(?!剩|多的|其余|余下|(?:给?我|返|还|回|掉|番)?\s?[0-9{_DIGIT}百千万])|取出|提出|充上|充进|存进|冲进)"
)
_IN_ALL_BEFORE = re.compile(r"(?:总共|一共|合计|共计|加起来)(?:是|充)?\s?$")
_MINUTES_BEFORE = re.compile(rf"[0-9{_DIGIT}十]点\s?$")
_BROKEN_FIGURE = re.compile(
    r"[0-9]。[0-9]{1,2}(?![0-9kw万千个人位次张])|[0-9](?: [0-9](?![0-9]))+"
    r"|[0-9] ?,0[0-9]?(?![0-9])|[0-9] ,[0-9]{3}"
)
"""5 0 0 and 5,00 are slips of the finger: what is meant is not sure."""
_TINY_PART = re.compile(r"[0-9]\.[0-9]{3,}")
_COUPON_AFTER = re.compile(r"\s?(?:的)?(?:元|块)?(?:优惠|代金|抵用|现金|满减|折扣|无门槛)?券")
_POINTS_AFTER = re.compile(r"\s?(?:个|点)?(?:积分|分(?!之|钱|店|别|期|次|开|批|给|成|摊|[2-9两三]))")
_SOMEBODY = r"[\u4e00-\u9fff]{0,2}(?:医生|大夫|老师|师傅|教练|阿姨|主任|店长|经理|总|[哥姐])"
_COUNTED_AFTER = re.compile(
    rf"(?!\s张(?:{_SOMEBODY}))\s?(?:个|位|人|次|张|份|节|课|天|日|号(?![码吗])|月(?![底初])|年(?![底前后])|周(?![末一二三四五六日])|点(?!钱)|"
    r"分(?!别|期|次|开|批|给|成|摊)|时(?!候|送|有)|小时|刻|秒|楼|层|店(?![里内])|折|%|倍|级|岁|斤|克|kg|g\b|ml|毫升|"
    r"瓶|盒|双|对(?![吗吧不了的])|条|件|套(?!餐)|种|家|名|遍|回(?![我微支卡原银来去到])|线|米|公里|室|栋|期|季|"
    r"笔|段|步|代|度|:[0-9]|/[0-9]{1,2}(?![0-9])|星|集|元素|礼拜|星期|[这那]张卡)"
)
_IN_A_WORD = re.compile(r"下|些|样|般|直|定|会|边|共|路")
"""一下, 一会, 一共: no figure at all."""
_BORN_AFTER = re.compile(r"(?:零|年代)?后")
_CODE_BEFORE = re.compile(r"(?:(?<![0-9])[0-9]{1,2}|[^0-9])/$|^/$|[:*={\[<>&%#@^|\\]$|[a-z]\($")
_FIELD_BEFORE = re.compile(r"(?:金额|数额|充值额|top ?up|recharge):\s?$")
_FESTIVE = frozenset({"618", "520", "1111", "1212", "818", "38", "51", "11", "12"})
_CHOICE = re.compile(
    r"^\s?(?:元|块|块钱)?\s?(?:还是|或者?|或|跟|和|与|同埋?|、|/|到|至|~|-|,|，)\s?(?:是|说|充)?\s?$"
)
_PAUSED = re.compile(rf"[百千万] [{_DIGIT}]$")
"""一千 五百: two amounts, or one with a pause in it."""
_PAUSE_BEFORE_LAST = re.compile(r"(?<=[百千万]) (?=[二三四五六七八九](?:$|[,，。!?]))")
"""一百 八 is one amount."""
_CURRENCY_BEFORE = re.compile(r"(?:¥|rmb|cny|人民币)\s?$")


def find_amount(text: str, *, bare: bool = True) -> AmountSaid:
    """The amount the member wants, in fen.

    `bare` says whether a number without a unit may be an amount (only intents about money make it one).
    Several amounts that stand as a choice, and approximate ones, come back as candidates.
    """
    folded = _PAUSE_BEFORE_LAST.sub("", amounts_in_characters(fold(text)))
    mentions: list[_Mention] = []
    for number in find_numbers(folded):
        if not mentions or number.start >= mentions[-1].end:
            mentions += _mention(folded, number, bare=bare)
    return _choose(folded, mentions)


def _mention(folded: str, number: Number, *, bare: bool) -> list[_Mention]:
    """The number as an amount of money, if it is one; an empty list otherwise."""
    before = folded[max(0, number.start - 12) : number.start]
    if _is_no_sum(folded, number, before):
        return []
    inside = _LOOSE_INSIDE.match(folded, number.end)
    end = inside.end() if inside else number.end
    if inside and (unit := inside[0][-1]) in _SCALE:
        number = replace(number, low=number.low * _SCALE[unit], high=number.high * _SCALE[unit])
    low, high, end, marked = _with_unit(folded, number, end)
    marked = marked or bool(_CURRENCY_BEFORE.search(before))
    if _COUPON_AFTER.match(folded, end) or not (marked or (bare and _may_be_bare(folded, number, before))):
        return []
    scaled = [value * 100 for value in (low, high)]
    if any(value.denominator != 1 or not 0 < value <= LARGEST_AMOUNT_FEN for value in scaled):
        return []
    loose = bool(inside or _LOOSE_AFTER.match(folded, end) or _doubtful_before(folded, before))
    # 千八 is 1800 in Cantonese and about a thousand in the north
    loose = loose or (number.text in ("百八", "千八", "万八") and not folded.startswith("蚊", number.end))
    return [_Mention(int(scaled[0]), int(scaled[1]), number.start, end, marked, loose)]


def _is_no_sum(folded: str, number: Number, before: str) -> bool:
    """Foreign money, a number of something by its name (尾号), a negative or vague one, a slip, minutes."""
    return bool(
        _FOREIGN.match(folded, number.end)
        or _OTHER_NUMBER_BEFORE.search(before)
        or _NEGATIVE_BEFORE.search(before)
        or _MINUTES_BEFORE.search(before)
        or vague(folded, number)
        or _slipped(folded, number)
    )


def _doubtful_before(folded: str, before: str) -> bool:
    """大概, 每次, 两个; 充到 is a sum to pay when gifts are asked for and a balance to reach otherwise."""
    if _UP_TO_BEFORE.search(before):
        return not _ASKS_FOR_OFFER.search(folded)
    return bool(_LOOSE_BEFORE.search(before) or _TWO_OF.search(before))


def vague(folded: str, number: Number) -> bool:
    """几十块, 十几块: no figure to ask back with."""
    return folded[max(0, number.start - 1) : number.start] == "几" or bool(
        re.match("好?几(?!多|张|次)", folded[number.end : number.end + 3])
    )


def _slipped(folded: str, number: Number) -> bool:
    """Figures in no form that an amount has: 5 0 0, 5,00, 1.000."""
    if _TINY_PART.fullmatch(number.text):
        return True
    around = _BROKEN_FIGURE.search(folded, max(0, number.start - 2), number.end + 4)
    return bool(around and around.start() <= number.start < around.end() and number.text[0] in "0123456789")


def _with_unit(folded: str, number: Number, end: int) -> tuple[Fraction, Fraction, int, bool]:
    """The value in yuan with what follows it (块五, 毛), the end of the words, whether money was named."""
    hundreds = _HUNDREDS.match(folded, end)
    if hundreds:
        return number.low * 100, number.high * 100, hundreds.end(), True
    yuan = _YUAN.match(folded, end)
    if yuan and not (number.text == "一" and yuan.group() == "块" and _TOGETHER.match(folded, yuan.end())):
        extra, finish = _small_change(folded, yuan.end())
        return number.low + extra, number.high + extra, finish, True
    if re.match(r"(?:毛|角)(?![孔巾发囊衣笔落度色])", folded[end : end + 2]) and number.exact:
        rest = re.compile(rf"钱?(?P<fen>[0-9]|[{_DIGIT}])分?(?![0-9{_DIGIT}十百千万个次])").match(
            folded, end + 1
        )
        fen = _digit(rest.group("fen")) if rest else Fraction(0)
        return (
            number.low / 10 + fen / 100,
            number.high / 10 + fen / 100,
            rest.end() if rest else end + 1,
            True,
        )
    if folded.startswith("分钱", end):
        return number.low / 100, number.high / 100, end + 2, True
    if folded.startswith("半", end) and number.text[-1] in "百千万":
        half = Fraction({"百": 50, "千": 500, "万": 5000}[number.text[-1]])
        return number.low + half, number.high + half, end + 1, False
    return number.low, number.high, end, False


def _small_change(folded: str, at: int) -> tuple[Fraction, int]:
    """The part of a yuan after 块 (三毛, 三毛五, 零五分, 五, 25, 半), in yuan, and where it ends."""
    dime = _DIME.match(folded, at)
    if dime:
        fen = _digit(dime.group("fen")) if dime.group("fen") else Fraction(0)
        return _digit(dime.group("jiao")) / 10 + fen / 100, dime.end()
    cent = _CENT.match(folded, at)
    if cent:
        return _digit(cent.group("fen")) / 100, cent.end()
    short = _SHORT.match(folded, at)
    if not short or folded[at - 1] not in "块元蚊箍快":
        return Fraction(0), at
    tail = short.group("tail")
    if tail == "半":
        return Fraction(1, 2), short.end()
    digits = "".join(str(DIGITS.get(character, character)) for character in tail)
    return Fraction(int(digits), 10 ** len(digits)), short.end()


def _digit(said: str) -> Fraction:
    bounds = read_number(said)
    return bounds[0] if bounds else Fraction(0)


def _may_be_bare(folded: str, number: Number, before: str) -> bool:
    """Whether a number without a unit can be meant as yuan: no count, date or figure of speech."""
    if _POINTS_AFTER.match(folded, number.end) or _COUNTED_AFTER.match(folded, number.end):
        return False
    if number.text in ("一", "1") and _IN_A_WORD.match(folded, number.end):
        return False
    if number.high < 100 and _BORN_AFTER.match(folded, number.end):
        return False
    wished = bool(_WISH_BEFORE.search(before))
    if _CODE_BEFORE.search(before) and not (wished or _FIELD_BEFORE.search(before)):
        return False
    wished = wished or number.text == folded.strip(" 。.!！?？,，吧呢啊的~")
    digits = number.text.replace(",", "").replace("，", "")
    if folded.startswith("档", number.end) and number.high < 100:
        return False
    if digits[0].isdigit():
        whole = digits.partition(".")[0]
        if len(whole) > 6 or (len(whole) > 1 and whole[0] == "0"):
            return False
        plain = number.text not in _FESTIVE and number.high >= 10
        return wished or plain or _follows_as_amount(folded, number.end)
    if number.high < 100:
        return wished and (
            len(digits) > 1 or folded[number.end : number.end + 1] in ("", " ", "。", "吧", "，", ",")
        )
    return True


def _follows_as_amount(folded: str, end: int) -> bool:
    return bool(re.match(r"\s?(?:送|的|赠|能|可以|有没有送)", folded[end : end + 4]))


def _choose(folded: str, mentions: list[_Mention]) -> AmountSaid:
    """Of several amounts the wanted one; candidates where the words leave a choice or a doubt."""
    left = standing(folded, [m for i, m in enumerate(mentions) if not _gift(folded, m, first=i == 0)])
    if len(left) > 1:
        # 充了两千用掉三百，剩一千七退我: what is left is wanted back
        current = [
            m
            for m in left
            if _WISH_AFTER.match(folded, m.end) or not _PAST_BEFORE.search(_before(folded, m, 8))
        ]
        left = _wished(folded, current) if current else left
    values = tuple(dict.fromkeys(value for m in left for value in (m.low, m.high)))
    if len(values) == 1 and not any(m.doubtful for m in left):
        return AmountSaid(amount_fen=values[0])
    return AmountSaid(candidates=values[:8])


def _wished(folded: str, mentions: list[_Mention]) -> list[_Mention]:
    """The one that a verb asks for (卡里有八百，退五百); all where they are a choice or a sum."""
    if any(linked(folded, a, b) for a, b in pairwise(mentions)):
        return mentions
    if any(_IN_ALL_BEFORE.search(_before(folded, m, 6)) for m in mentions):
        return mentions
    wished = [
        m for m in mentions if _WISH_BEFORE.search(_before(folded, m, 8)) or _WISH_AFTER.match(folded, m.end)
    ]
    return wished if len(wished) == 1 else mentions


def _before(folded: str, mention: _Mention, characters: int) -> str:
    return folded[max(0, mention.start - characters) : mention.start]


def _gift(folded: str, mention: _Mention, *, first: bool) -> bool:
    """What is given with a top-up (300送30, 800+120) is not the amount to be paid."""
    before = _before(folded, mention, 6)
    if not first and _GOT_BEFORE.search(before):
        return True
    return bool(_GIFT_BEFORE.search(before)) or bool(re.search(r"[0-9百千万元块]\s?\+\s?$", before))


def linked(folded: str, first: Spot, second: Spot) -> bool:
    """Two amounts that stand as alternatives or as the ends of a range."""
    between = folded[first.end : second.start]
    return not between or bool(
        _CHOICE.match(between) or _PAUSED.search(folded, first.start, second.start + 1)
    )
