"""The words with which pieces of anything are counted: 两根, 三支, 一提."""

from __future__ import annotations

import re

from nlu.values.numbers import read_count

PIECES = (
    "份张双对瓶盒件套支条袋包杯罐片贴帖管樽颗粒只隻组节堂提箱把枚桶卷根枝朵束捧盆株棵串板排听壶碗盘碟笼屉盅"
    "筒篮筐捆副顶床本册台辆架扎联格客例坨匹幅沓摞盏锅顿餐"
)
"""One character each, for a class in patterns; 个, 次, 块 and 部 are other things too."""
CUT_FROM = (
    "香皂|肥皂|手工皂|皂|毛巾|手帕|抹布|布|蛋糕|月饼|巧克力|披萨|饼|糖|豆腐|肉|牛排|地毯|地垫|垫子|手表|"
    "玉|面包|糕|点心|姜|红糖|搓澡巾"
)
"""What is counted by 块, which is a yuan otherwise."""
_MANY = "(?P<many>[0-9]{1,3}|[二两三四五六七八九十]{1,3})"
_OF_A_NAME = re.compile(rf"{_MANY}(?P<unit>[个次块{PIECES}])装?$")


def own_measure(folded: str, name: str) -> list[tuple[int, int]]:
    """Where the measure of a name is said apart from it: 换三罐罐头 is one 罐头三罐, not three of them."""
    own = _OF_A_NAME.search(name)
    many = read_count(own["many"]) if own else None
    if not own or not many or many < 2:
        return []
    said = re.finditer(rf"(?<![0-9十百]){_MANY}{own['unit']}", folded)
    return [match.span() for match in said if read_count(match["many"]) == many]
