"""Types of the values in shop.yml: what may be written, and what it becomes.

Every refusal is a PydanticCustomError whose context carries a `remedy`, so that `shop.files` can tell the
owner what to write instead.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shop.money import MoneyError, parse_yuan

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}", re.ASCII)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至到]\s*(\d{1,2}):(\d{2})", re.ASCII)
_CLOSED = frozenset({"休息", "closed"})
_DAY_MINUTES = 24 * 60


def refuse(kind: str, message: str, remedy: str) -> PydanticCustomError:
    """An error that says what is wrong and what to write instead; braces in either are taken literally."""
    return PydanticCustomError(kind, "{reason}", {"reason": message, "remedy": remedy})


class Frozen(BaseModel):
    """Base of every part of the shop: immutable, no unknown fields, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _fen(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise refuse("money", "an amount of yuan is needed here", 'Write it as 300 or "68.50".')
    try:
        return parse_yuan(repr(value) if isinstance(value, float) else value)
    except MoneyError as error:
        remedy = 'Write yuan with at most two decimals and no minus sign, such as 300 or "68.50".'
        raise refuse("money", str(error), remedy) from None


def _text(value: object) -> object:
    """A plain 1001 or 1.50 in a text field is meant as it is written."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def _id(value: object) -> object:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        remedy = "Use lower-case letters, digits and _, starting with a letter, at most 40: facial_basic."
        raise refuse("id", f"“{str(value)[:40]}” cannot be an id", remedy)
    return value


def _phone(value: object) -> object:
    text = unicodedata.normalize("NFKC", str(value)).replace(" ", "")
    if not _PHONE.fullmatch(text):
        remedy = "Write a mobile (13800138000), a landline with its area code (010-65010001) or 400-123-4567."
        raise refuse("phone", f"“{text[:40]}” is not a telephone number", remedy)
    return text


def _colour(value: object) -> object:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        remedy = 'Write six hexadecimal digits in quotes: "#C8506E".'
        raise refuse("colour", f"“{str(value)[:40]}” is not a colour", remedy)
    return value.upper()


def _zone(value: object) -> object:
    try:
        ZoneInfo(str(value))
    except (ValueError, OSError, KeyError):
        raise refuse("timezone", f"“{str(value)[:40]}” is not a time zone", "Write Asia/Shanghai.") from None
    return value


def _date(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise refuse("date", f"“{str(value)[:40]}” is not a date", "Write it as 2027-02-17.") from None


def _year_day(value: object) -> object:
    if isinstance(value, tuple):
        return value
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", str(value), re.ASCII)
    month, day = (int(part) for part in match.groups()) if match else (0, 0)
    try:
        date(2028, month, day)  # a leap year: 02-29 may be written
    except ValueError:
        message = f"“{str(value)[:40]}” is not a day of the year"
        raise refuse("year_day", message, "Write month and day, without the year: 06-18.") from None
    return month, day


def _decimal(value: object) -> object:
    if isinstance(value, bool):
        return value
    return Decimal(value) if isinstance(value, int) else value


def _coordinate(value: object) -> object:
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Fen = Annotated[int, BeforeValidator(_fen)]
PositiveFen = Annotated[int, Field(gt=0), BeforeValidator(_fen)]
Id = Annotated[str, BeforeValidator(_id)]
Name = Annotated[str, Field(min_length=1, max_length=20), BeforeValidator(_text)]
Line = Annotated[str, Field(max_length=60), BeforeValidator(_text)]
Phone = Annotated[str, BeforeValidator(_phone)]
Colour = Annotated[str, BeforeValidator(_colour)]
Zone = Annotated[str, BeforeValidator(_zone)]
Day = Annotated[date, BeforeValidator(_date)]
YearDay = Annotated[tuple[int, int], BeforeValidator(_year_day)]  # month, day
Points = Annotated[int, Field(ge=0, le=10_000_000)]
Percent = Annotated[int, Field(ge=1, le=1000)]
Months = Annotated[int, Field(ge=1, le=120)]
Rate = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2), BeforeValidator(_decimal)]
Latitude = Annotated[float, Field(ge=-90, le=90), BeforeValidator(_coordinate)]
Longitude = Annotated[float, Field(ge=-180, le=180), BeforeValidator(_coordinate)]


class Span(Frozen):
    """An unbroken stretch of opening in a day, in minutes after midnight; `closes_minute` is exclusive."""

    opens_minute: Annotated[int, Field(ge=0, lt=_DAY_MINUTES)]
    closes_minute: Annotated[int, Field(gt=0, le=_DAY_MINUTES)]


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written.strip())
    if match is None:
        remedy = "Write opening and closing time as 10:00-21:00, two stretches with a comma, or 休息."
        raise refuse("hours", f"“{written[:40]}” is not an opening time", remedy)
    first_hour, first_minute, last_hour, last_minute = (int(part) for part in match.groups())
    opens, closes = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if max(first_minute, last_minute) > 59 or closes > _DAY_MINUTES:
        raise refuse("hours", f"“{written[:40]}” is not a time of day", "Hours run from 00:00 to 24:00.")
    if opens >= closes:
        remedy = "When it closes after midnight, write 18:00-24:00 here and 00:00-02:00 on the next day."
        raise refuse("hours", f"“{written[:40]}” opens after it closes", remedy)
    return Span(opens_minute=opens, closes_minute=closes)


def _hours(value: object) -> object:
    if isinstance(value, tuple):
        return value
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if text in _CLOSED:
        return ()
    spans = tuple(_span(part) for part in re.split(r"[,、]", text))
    for earlier, later in itertools.pairwise(spans):
        if later.opens_minute < earlier.closes_minute:
            remedy = "Write the stretches of a day in order and apart: 10:00-12:00, 14:00-21:00."
            raise refuse("hours", f"the opening times “{text[:40]}” overlap", remedy)
    return spans


Hours = Annotated[tuple[Span, ...], BeforeValidator(_hours)]
