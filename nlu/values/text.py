"""One form for reading values: full-width and traditional characters folded, invisible ones removed.

Every grammar of this package reads folded text; positions (spans) always refer to it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from nlu.normalise import simplified

LONGEST_TEXT = 700
"""Characters. WeChat carries at most about 680; what is longer is no order and carries no values."""

# The full-width comma stays: it separates (充300，500都行); the half-width one may group digits (1,000).
_TABLE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) != "，"}
_TABLE |= {
    ord("￥"): "¥",
    ord("圆"): "元",
    ord("　"): " ",
    ord("〜"): "~",
    ord("—"): "-",
    ord("–"): "-",
    ord("−"): "-",
}
_TABLE |= {ord("〇"): "零", ord("○"): "零", ord("妳"): "你", ord("嘛"): "吗"}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})


_APART = re.compile(r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff](?: [\u4e00-\u9fff]){2,}(?![\u4e00-\u9fff])")
"""充 值 一 千 六 百: voice typing that leaves a blank behind every character."""


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    """A blank for white space and control characters, nothing for invisible marks, lower case otherwise."""
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    if unicodedata.category(character) in _HIDDEN:
        return ""
    lower = character.lower()
    return lower if len(lower) == 1 else character


def fold(text: str) -> str:
    """The text as the grammars read it; folding twice changes nothing more. Linear time, any Unicode."""
    visible = "".join([_visible(character) for character in simplified(text).translate(_TABLE)])
    return _APART.sub(lambda stretch: stretch.group().replace(" ", ""), visible)
