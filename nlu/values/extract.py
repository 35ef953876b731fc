"""Which values a sentence carries: by intent, each stretch of the text read once.

A phone is no amount, the figures of a name are no count, and an intent that has no use for a value does not
look for it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, cast

from nlu.name_forms import Kind
from nlu.names import find_names
from nlu.understanding import Entities
from nlu.values.birthdays import find_birthday
from nlu.values.counts import find_people, find_things
from nlu.values.measures import PIECES, own_measure
from nlu.values.money import find_amount
from nlu.values.periods import find_period
from nlu.values.phones import find_phone, phone_spans
from nlu.values.points import find_points
from nlu.values.text import LONGEST_TEXT, fold
from nlu.values.times import find_time
from shop.catalogue import Catalogue

Wanted = Literal[
    "amount",
    "points",
    "people",
    "things",
    "phone",
    "time",
    "period",
    "kind",
    "date",
    "service",
    "technician",
    "store",
    "reward",
]
WANTED: dict[str, frozenset[Wanted]] = {
    "query_statement": frozenset({"period", "kind"}),
    "query_benefits": frozenset({"service"}),
    "query_topup_offers": frozenset({"amount"}),
    "topup": frozenset({"amount"}),
    "redeem": frozenset({"reward", "things", "points"}),
    "query_rewards": frozenset({"points"}),
    "query_services": frozenset({"service"}),
    "query_slots": frozenset({"service", "technician", "store", "time"}),
    "book": frozenset({"service", "technician", "store", "time", "people"}),
    "reschedule_booking": frozenset({"time", "service"}),
    "cancel_booking": frozenset({"time", "service"}),
    "query_bookings": frozenset({"time", "service"}),
    "join": frozenset({"phone"}),
    "update_profile": frozenset({"phone", "date"}),
    "refund": frozenset({"amount"}),
    "store_info": frozenset({"store"}),
}
"""The values looked for, by intent (features row A2); intents that are not named carry none."""
_KINDS: frozenset[Kind] = frozenset({"service", "technician", "store", "reward"})
_COVERED = "\ufffc"


def extract(text: str, *, intent: str, now: datetime, catalogue: Catalogue) -> Entities:
    """The values of one sentence that matter to its intent, reckoned from `now` (aware, in the shop's zone).

    Never an exception; nothing for a text of more than `LONGEST_TEXT` characters.
    """
    wanted = WANTED.get(intent)
    if wanted is None or len(text) > LONGEST_TEXT:
        return Entities()
    found = _Found()
    rest = fold(text)
    kinds = cast("frozenset[Kind]", wanted & _KINDS)
    if kinds:
        names = find_names(rest, catalogue, kinds)
        for kind in kinds:
            if names.of(kind):
                found.values[kind] = names.of(kind)
        others = len(names.of("reward")) > 1
        places = zip(names.spans, names.kinds, strict=True)
        rest = _covered(rest, [_without_count(rest, *one, several=others) for one in places])
        meant = [one.name for one in catalogue.rewards if one.id in names.of("reward")]
        rest = _covered(rest, own_measure(rest, fold(meant[0])) if len(meant) == 1 else [])
    if "phone" in wanted:
        phone, several = find_phone(rest)
        found.put("phone", phone, several)
    rest = _covered(rest, [place for _, place in phone_spans(rest)])
    _money_and_counts(rest, wanted, found)
    if "time" in wanted:
        said = find_time(rest, now, catalogue.opening, wanted=intent in ("book", "query_slots"))
        found.put("time", said.time, said.candidates)
    _dates(rest, wanted, found, now)
    if "kind" in wanted:
        found.put("kind", statement_kind(rest), ())
    return Entities(**found.values, candidates=found.candidates)


_ONE_BEHIND = re.compile(rf"[一1][个次{PIECES}]$")


def _without_count(text: str, place: tuple[int, int], kind: Kind, *, several: bool) -> tuple[int, int]:
    """护手霜 一支 counts as well as names; 护手霜一支 is the name, unless others stand beside it."""
    counted = _ONE_BEHIND.search(text, *place) if kind == "reward" else None
    if counted and not several and text[counted.start() - 1] != " ":
        return place
    return (place[0], counted.start()) if counted and counted.start() > place[0] else place


class _Found:
    """The values so far, by field of Entities, and what is in doubt."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}  # Any: each field of Entities has a type of its own
        self.candidates: dict[str, tuple[object, ...]] = {}

    def put(self, name: str, value: object, candidates: tuple[object, ...]) -> None:
        if value is not None:
            self.values[name] = value
        elif candidates:
            self.candidates[name] = candidates


def _money_and_counts(rest: str, wanted: frozenset[Wanted], found: _Found) -> None:
    if "amount" in wanted:
        amount = find_amount(rest)
        found.put("amount_fen", amount.amount_fen, amount.candidates)
    if "points" in wanted:
        points = find_points(rest)
        found.put("points", points.points, points.candidates)
    if "people" in wanted or "things" in wanted:
        rewards = len(found.values.get("reward", ()))
        many = find_people(rest) if "people" in wanted else find_things(rest, kinds=rewards)
        found.put("quantity", many.count, many.candidates)


def _dates(rest: str, wanted: frozenset[Wanted], found: _Found, now: datetime) -> None:
    if "period" in wanted:
        period = find_period(rest, now)
        found.put("period", period.period, period.candidates)
    if "date" in wanted:
        birthday = find_birthday(rest, now)
        found.put("date", birthday.date, birthday.candidates)


def _covered(text: str, places: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> str:
    """The text with the places already read put out of sight; its length stays."""
    for start, end in places:
        text = text[:start] + _COVERED * (end - start) + text[end:]
    return text


_TOPPED_UP = re.compile(r"充值|充了|充过|充钱|充的|充多少|充卡|储值|冲值|存了|存过|存的|存钱|入账|进账")
_SPENT = re.compile(
    r"消费|花了|花过|花费|花销|开销|花的|花多少|花哪|花在|花你|用了|用过|用掉|用在|用咗|使咗|使了多少|支出|扣[了过款费的我]|"
    r"买了|买单|刷了|刷卡|付了"
)


def statement_kind(text: str) -> Literal["topup", "spend"] | None:
    """Whether only top-ups or only purchases are asked for; None for both or neither."""
    topped_up, spent = bool(_TOPPED_UP.search(text)), bool(_SPENT.search(text))
    if topped_up == spent:
        return None
    return "topup" if topped_up else "spend"
