"""Numbers as people say and type them: 两千八, 一万五, 壹佰, 1.5k, 1,000, 廿五, 千五 (1500), 千儿八百."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

DIGITS = {
    character: value
    for value, characters in enumerate(
        ["零", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"]
    )
    for character in characters
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000}
_LARGE = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
_CHINESE = "".join(DIGITS)
_UNITS = "十拾百佰千仟万亿"
_SCORES = str.maketrans({"廿": "二十", "卅": "三十"})
# 300,500 is read as two numbers: a list of amounts is as likely as three hundred thousand
_GROUPED = (
    r"(?:[0-9]{1,2}(?:,[0-9]{3}|，0[0-9]{2})+|[0-9]{3},000|[0-9]{3}(?:,[0-9]{3}){2,4}|[1-9] 000)(?![0-9])"
)
_ARABIC = rf"(?:{_GROUPED}|[0-9]{{1,30}})(?:\.[0-9]{{1,30}})?"
_SPOKEN_DECIMAL = rf"[{_CHINESE}十百千]{{1,7}}点[{_CHINESE}]{{1,4}}(?=\s?[万千百亿wk块元蚊])"
_LATIN_UNIT = rf"(?:(?<=[0-9{_CHINESE}])\s?|(?<=[0-9{_CHINESE}])个)[kw](?![a-z])"
_TOKEN = re.compile(
    rf"(?P<spoken>[{_CHINESE}十百千]{{1,7}}点[{_CHINESE}]{{1,4}})|(?P<arabic>{_ARABIC})|(?P<digit>[{_CHINESE}])|"
    rf"(?P<unit>\s?[{_UNITS}]|{_LATIN_UNIT})"
)
_RUN = re.compile(
    rf"(?:{_SPOKEN_DECIMAL}|{_ARABIC}|[{_CHINESE}廿卅])(?:\s?(?=[{_UNITS}])[{_UNITS}]|"
    rf"{_LATIN_UNIT}|{_ARABIC}|[{_CHINESE}])*"
    rf"|[十拾][{_CHINESE}{_UNITS}]*"
)
_NOT_HEADLESS_AFTER = rf"(?<![0-9{_CHINESE}{_UNITS}廿卅几上好数成大kw])"
_HEADLESS = re.compile(
    rf"{_NOT_HEADLESS_AFTER}(?:(?P<short>(?!万一)[百千万][一二三四五六七八九](?![{_CHINESE}{_UNITS}0-9]|分之))"
    r"|(?P<alone>[百千万])(?=把|[来多](?:块|元|蚊)))"
)
"""千五 is 1500 (Cantonese leaves out the one); 千把块 is about 1000."""
_ABOUT = re.compile(rf"{_NOT_HEADLESS_AFTER}(?P<unit>[百千万])儿?八[十百千]")
_WEEKDAY_BEFORE = re.compile(r"(?:周|星期|礼拜|初)$")
_ABUTTING = re.compile(rf"(?<=[0-9])(?=[{_CHINESE.replace('零', '')}])")
_TWO_HUNDRED = re.compile(r"俩(?=[百千万])")
_FULL_STOP = re.compile(r"(?<=[0-9])。(?=[0-9]+[kw万千])")
_LETTERS = re.compile(r"(?<![a-z0-9._@#-])(?:[1-9][0-9o]*o[0-9o]*|[li][0o]{2,})(?![a-z0-9._@])")
_AS_FIGURES = str.maketrans("oli", "011")
"""5oo, lOO: letters for figures."""
_LATIN_AROUND = re.compile(r"[a-z_@#]")
_CURRENCY_WORD = re.compile(r"rmb|yuan|cny|kuai|r(?![a-z])|jifen|points?(?![a-z])|ppl|pax|people")
_WISH_WORD = re.compile(r"(?:rmb|cny|chong(?:zhi)?|cun|tui|topup|recharge)$")
LONGEST_NUMBER = 24
"""Characters: a longer run is an account number or noise, not a number."""


@dataclass(frozen=True)
class Number:
    """A number at `start`:`end` of the folded text; `high` differs from `low` for “三五百”."""

    low: Fraction
    high: Fraction
    start: int
    end: int
    text: str

    @property
    def exact(self) -> bool:
        """Whether one value was said."""
        return self.low == self.high


@dataclass(frozen=True)
class _Token:
    kind: str
    value: Fraction


def find_numbers(folded: str) -> Iterator[Number]:
    """Every number of a folded text, left to right; what reads as none (千万, 1e9, abc123) is left out."""
    folded = _FULL_STOP.sub(".", _TWO_HUNDRED.sub("两", folded))
    folded = _LETTERS.sub(lambda typed: typed.group().translate(_AS_FIGURES), folded)
    found = []
    for match in _RUN.finditer(folded):
        if match.end() - match.start() > LONGEST_NUMBER:
            continue
        for start, end in _parts(folded, *match.span()):
            inside = _inside_a_word(folded, start, end, begins=start == match.start())
            bounds = None if inside else read_number(folded[start:end])
            if bounds is not None:
                found.append(Number(bounds[0], bounds[1], start, end, folded[start:end]))
    headless = list(_headless(folded))
    if headless:
        taken = {number.start + offset for number in headless for offset in range(len(number.text))}
        found = sorted([n for n in found if n.start not in taken] + headless, key=lambda n: n.start)
    yield from found


def _headless(folded: str) -> Iterator[Number]:
    """Numbers that begin with their unit: 千五, 千把块, 千儿八百."""
    for match in _ABOUT.finditer(folded):
        high = Fraction(_LARGE.get(match["unit"]) or _SMALL[match["unit"]])
        yield Number(high * 4 / 5, high, *match.span(), match.group())
    for match in _HEADLESS.finditer(folded):
        bounds = read_number("一" + match.group())
        if bounds is not None:
            yield Number(*bounds, *match.span(), match.group())


def _parts(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """The numbers that one run of figures is made of: 周五|五百, 5月20|两个人, 五百|六百."""
    if end - start > 1 and folded[start + 1] not in _UNITS and _WEEKDAY_BEFORE.search(folded[:start][-2:]):
        start += 1
    cut = _ABUTTING.search(folded, start + 1, end)
    if cut:
        return [(start, cut.start()), *_parts(folded, cut.start(), end)]
    if read_number(folded[start:end]) is None:
        for at in range(end - 2, start + 1, -1):
            if (
                folded[at - 1] in _UNITS
                and folded[at] in _CHINESE
                and read_number(folded[start:at])
                and read_number(folded[at:end])
            ):
                return [(start, at), (at, end)]
    return [(start, end)]


def read_number(words: str) -> tuple[Fraction, Fraction] | None:
    """The lower and upper value of one number, equal when it is exact; None when it is none."""
    tokens = _tokens(words.translate(_SCORES))
    if not tokens:
        return None
    if re.fullmatch(rf"[{_CHINESE}]0{{2,4}}", words):
        round_number = Fraction(f"{DIGITS[words[0]]}{words[1:]}")
        return round_number, round_number
    pair = _loose_pair(tokens)
    if pair is None:
        value = _evaluate(tokens)
        return None if value is None else (value, value)
    low, high = _evaluate(tokens[:pair] + tokens[pair + 1 :]), _evaluate(tokens[: pair - 1] + tokens[pair:])
    return None if low is None or high is None else (low, high)


def read_count(words: str) -> int | None:
    """A whole number said in characters or digits, None otherwise."""
    bounds = read_number(words)
    if bounds is None or bounds[0] != bounds[1] or bounds[0].denominator != 1:
        return None
    return int(bounds[0])


def _inside_a_word(folded: str, start: int, end: int, *, begins: bool) -> bool:
    """Digits glued to Latin letters, or cut out of a longer figure, are something else (5kg, 1e9, 1.2.3)."""
    before = folded[start - 1] if start else " "
    if begins and before in _UNITS:
        return True
    after = folded[end : end + 1] or " "
    if folded[start].isdigit() and (before == "." and start > 1 and folded[start - 2].isdigit()):
        return True
    if folded[start].isdigit() and _LATIN_AROUND.match(before):
        return not _WISH_WORD.search(folded, max(0, start - 12), start)
    if not (folded[end - 1].isdigit() or folded[end - 1] in "kw"):
        return False
    if after == "." and folded[end + 1 : end + 2].isdigit():
        return True
    return bool(_LATIN_AROUND.match(after)) and not _CURRENCY_WORD.match(folded, end)


def _tokens(words: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(words):
        said = match.group().strip(" 个")
        if match.lastgroup == "spoken":
            tokens.append(_Token("arabic", _spoken_decimal(said)))
        elif match.lastgroup == "arabic":
            if tokens and said[0] == "0":  # 2千02 is 2002
                tokens.append(_Token("zero", Fraction(0)))
            tokens.append(_Token("arabic", Fraction(re.sub("[,， ]", "", said))))
        elif match.lastgroup == "digit":
            tokens.append(_Token("zero" if said == "零" else "digit", Fraction(DIGITS[said])))
        else:
            tokens.append(
                _Token("small" if said in _SMALL else "large", Fraction(_SMALL.get(said) or _LARGE[said]))
            )
    return tokens


def _spoken_decimal(said: str) -> Fraction:
    whole, _, rest = said.partition("点")
    bounds = read_number(whole)
    digits = "".join(str(DIGITS[character]) for character in rest)
    return (bounds[0] if bounds else Fraction(0)) + Fraction(int(digits), 10 ** len(digits))


def _loose_pair(tokens: list[_Token]) -> int | None:
    """Where the second of two neighbouring digits stands that mean a range (三五百): 1 to 2 apart."""
    pairs = [i for i in range(1, len(tokens)) if tokens[i].kind == tokens[i - 1].kind == "digit"]
    if len(pairs) != 1 or any(token.kind == "zero" for token in tokens):
        return None
    gap = tokens[pairs[0]].value - tokens[pairs[0] - 1].value
    return pairs[0] if 1 <= gap <= 2 else None


def _evaluate(tokens: list[_Token]) -> Fraction | None:
    """The value of one well-formed number. Digit strings count by place from three digits on (五零零)."""
    if all(token.kind in ("digit", "zero") for token in tokens) and len(tokens) != 1:
        return Fraction(int("".join(str(token.value) for token in tokens))) if len(tokens) >= 3 else None
    counter = _Counter()
    return counter.total() if all(counter.take(token) for token in tokens) else None


class _Counter:
    """Adds the tokens of a number up; units must fall within each of 亿, 万 and the rest."""

    def __init__(self) -> None:
        self._sum = self._section = Fraction(0)
        self._pending: Fraction | None = None
        self._zero = False
        self._last, self._last_small, self._last_large = Fraction(0), Fraction(10**4), Fraction(10**12)

    def take(self, token: _Token) -> bool:
        """Adds a token; False when no number goes on so."""
        if token.kind == "small":
            return self._small(token.value)
        if token.kind == "large":
            return self._large(token.value)
        if self._pending is not None:
            return False
        if token.kind == "zero":
            self._zero = True
        else:
            self._pending = token.value
        return True

    def _small(self, unit: Fraction) -> bool:
        if self._pending is None and unit == 10 and not self._section:
            self._pending = Fraction(1)
        if self._pending is None or unit >= self._last_small:
            return False
        self._section += self._pending * unit
        self._pending, self._zero = None, False
        self._last = self._last_small = unit
        return True

    def _large(self, unit: Fraction) -> bool:
        amount = self._section + (self._pending or 0)
        if not amount or unit >= self._last_large:
            return False
        self._sum += amount * unit
        self._section, self._pending, self._zero = Fraction(0), None, False
        self._last = self._last_large = unit
        self._last_small = Fraction(10**4)
        return True

    def total(self) -> Fraction | None:
        """The number; None when nothing was counted, or a last digit is too large for its place."""
        said = self._sum + self._section
        if self._pending is None:
            return said if self._last or self._zero else None
        if self._last and self._pending >= self._last:
            return None
        if 10 <= self._pending < self._last / 10 and not self._zero:
            return None  # 1w25: 12,500 as well as 10,025
        # 两千八 is 2800, but 两千零八 is 2008, and 十五 is 15
        single = self._pending < 10 and self._pending.denominator == 1
        colloquial = self._last > 10 and not self._zero and single
        return said + (self._pending * self._last / 10 if colloquial else self._pending)
