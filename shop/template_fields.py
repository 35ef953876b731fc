"""The rules of a template's fields (wechat-protocol §4.2): a breach is refused with errcode 47003."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

# What may stand in a field of that type, and how long it may be.
_ANY = re.compile(r".+")
_RULES: dict[str, tuple[int, re.Pattern[str]]] = {
    "thing": (20, _ANY),
    "short_thing": (5, _ANY),
    "number": (32, re.compile(r"-?\d+(\.\d+)?")),
    "letter": (32, re.compile(r"[A-Za-z]+")),
    "symbol": (5, re.compile(r"[^\w\s]+")),
    "character_string": (32, re.compile(r"[!-~ ]+")),
    "time": (40, re.compile(r"(\d{4}(年|-)\d{1,2}(月|-)\d{1,2}日?)?\s*\d{1,2}:\d{2}(:\d{2})?(~.+)?")),
    "date": (40, re.compile(r"\d{4}(年|-)\d{1,2}(月|-)\d{1,2}日?(\s*\d{1,2}:\d{2}(:\d{2})?)?(~.+)?")),
    "amount": (13, re.compile(r"[¥￥$]?\d{1,10}(\.\d{1,2})?元?")),
    "phone_number": (17, re.compile(r"[\d+\-() ]+")),
    "car_number": (8, _ANY),
    "name": (10, _ANY),
    "phrase": (5, re.compile(r"[\u4e00-\u9fff]+")),
    "enum": (20, _ANY),
    "const": (20, _ANY),
    "keyword": (20, _ANY),
}
# What is cut when it is too long; figures are not, since half a figure is a wrong one.
_CUT = frozenset({"thing", "short_thing", "name", "keyword"})
_FIELD = re.compile(r"([a-z_]+?)(\d{1,3})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def type_of(field: str) -> str | None:
    """thing1 → thing; None for a name that no template has."""
    found = _FIELD.fullmatch(field)
    return found.group(1) if found and found.group(1) in _RULES else None


def fit(field: str, value: str) -> str | None:
    """The value as the field takes it, cut where that leaves sense; None when it cannot stand there."""
    kind = type_of(field)
    if kind is None:
        return None
    limit, pattern = _RULES[kind]
    value = _CONTROL.sub(" ", value).strip()
    if kind == "amount":
        value = value.replace(",", "")
    if len(value) > limit and kind in _CUT:
        value = value[: limit - 1] + "…"
    return value if 0 < len(value) <= limit and pattern.fullmatch(value) else None


def parts(fields: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str] | None:
    """The fields with the message's parts in them, of any length; None when one is missing."""
    if any(not values.get(name) for template in fields.values() for name in placeholders(template)):
        return None
    return {field: template.format_map(dict(values)) for field, template in fields.items()}


def filled(fields: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str] | None:
    """A template's fields with the message's parts in them; None when one is missing or does not fit."""
    whole = parts(fields, values)
    if whole is None:
        return None
    fitting = {field: fit(field, value) for field, value in whole.items()}
    done = {field: value for field, value in fitting.items() if value is not None}
    return done if len(done) == len(fitting) else None


def placeholders(template: str) -> tuple[str, ...]:
    """The names in {…}. ValueError for a text with a loose brace."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)
