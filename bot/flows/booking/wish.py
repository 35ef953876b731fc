"""What a sentence says about a booking, put into the form; the form's values as a wish (feature A8)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from actions.booking.bookings_values import Grain, Slot, Wish
from bot.conversation.memory import Form
from bot.conversation.turn import Turn
from nlu.understanding import Entities, TimeSpan, Understanding
from shop.model import Shop

ANY_TIME = re.compile(r"^(都行|都可以|随便|随时|无所谓|什么时候都行|尽快|越快越好|越早越好|最近的?|最快的?)$")
ANOTHER_PERSON = re.compile(r"换一?(?:个|位)?(?:人|技师|老师|师傅|美容师|教练)|换别人|别的(?:技师|老师|教练)")
CHOOSES_STORE = re.compile(r"^(?:我|那|还是|就|改|换)*(?:去|到|在|来|成)|(?:吧|好了|就行)[。.!！]?$")
THE_LAST = re.compile(r"刚才那个|刚刚那个|上次那个|上次的|老样子|跟上次一样|和上次一样|还做那个")
_NAMES_A_DAY = re.compile(r"今[天晚早]|明[天晚早儿]|后天|周|星期|礼拜|[号日月]|[节]")
_OF_A_DAY = {"minute", "hour", "part_of_day"}
_MOST_PEOPLE = 20
DAY_UNSAID = "day_unsaid"
BOOKED_FOR = "booked_for"  # when the booking is that is moved
_GRAINS: dict[str, Grain] = {"minute": "minute", "hour": "hour", "part_of_day": "part", "day": "day"}


def take(turn: Turn, form: Form, understood: Understanding) -> bool:
    """Everything the sentence says goes into the form; what depended on older values is asked anew."""
    said = understood.entities
    before = dict(form.filled)
    for name, ids in (("service", said.service), ("technician", said.technician), ("store", said.store)):
        if len(ids) == 1:
            form.filled[name] = ids[0]
            form.filled.pop(f"{name}_among", None)
        elif ids:
            form.filled[f"{name}_among"] = list(ids)
            form.filled.pop(name, None)
    if ANOTHER_PERSON.search(understood.text) and not said.technician:
        for name in ("technician", "technician_among", "slot"):
            form.filled.pop(name, None)
    if said.quantity is not None and 1 <= said.quantity <= _MOST_PEOPLE:
        form.filled["people"] = said.quantity
    if THE_LAST.search(understood.text):
        _take_the_last(turn, form, said)
    if said.time is not None:
        form.filled["time"] = _time_value(turn, form, said.time, understood.text)
    if form.filled == before:
        return False
    form.filled.pop("slot", None)
    return True


def _take_the_last(turn: Turn, form: Form, said: Entities) -> None:
    """What was booked last, all of it; what the same sentence says otherwise stands."""
    for name, ids in (("service", said.service), ("technician", said.technician), ("store", said.store)):
        if name in turn.memory.last and not ids:
            form.filled[name] = turn.memory.last[name]
            form.filled.pop(f"{name}_among", None)


def _time_value(turn: Turn, form: Form, time: TimeSpan, text: str) -> dict[str, Any]:
    """The time said; a clock time without a day belongs to the day that was said before."""
    known = form.filled.get("time")
    if known and time.grain == "day" and known["grain"] in _OF_A_DAY and _is_one_day(time):
        return _same_hours(turn, known, time.start)
    end = time.end.isoformat() if time.end else None
    value: dict[str, Any] = {"start": time.start.isoformat(), "end": end, "grain": time.grain}
    if time.grain in _OF_A_DAY and not _NAMES_A_DAY.search(text):
        day = known["start"] if known else form.filled.get(BOOKED_FOR)
        if day:
            return on_day_of(turn, value, datetime.fromisoformat(day))
        value[DAY_UNSAID] = True
    return value


def on_day_of(turn: Turn, value: dict[str, Any], day: datetime) -> dict[str, Any]:
    """The same hours on the day of another moment."""
    zone = turn.house.shop.zone
    start, end = (datetime.fromisoformat(value[name]) if value[name] else None for name in ("start", "end"))
    moved = day.astimezone(zone).date() - start.astimezone(zone).date() if start else timedelta()
    start, end = (moment + moved if moment else None for moment in (start, end))
    return {
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "grain": value["grain"],
    }


def _is_one_day(time: TimeSpan) -> bool:
    return time.end is None or time.end - time.start <= timedelta(days=1)


def _same_hours(turn: Turn, known: dict[str, Any], day: datetime) -> dict[str, Any]:
    """“不对，是后天”: another day, the hours that were said before stay."""
    zone = turn.house.shop.zone
    before = datetime.fromisoformat(known["start"]).astimezone(zone)
    start = datetime.combine(day.astimezone(zone).date(), before.timetz().replace(tzinfo=None), zone)
    end = start + (datetime.fromisoformat(known["end"]) - before) if known["end"] else None
    return {"start": start.isoformat(), "end": end.isoformat() if end else None, "grain": known["grain"]}


def any_time(now: datetime) -> dict[str, Any]:
    """As soon as may be, within a week."""
    return {"start": now.isoformat(), "end": (now + timedelta(days=7)).isoformat(), "grain": "day"}


def whole_day(start: datetime) -> dict[str, Any]:
    return {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat(), "grain": "day"}


def wish_of(shop: Shop, form: Form) -> Wish:
    """The form as the actions know it. A day or a part of one said without an end gets one."""
    filled = form.filled
    time = filled["time"]
    start = datetime.fromisoformat(time["start"])
    end = datetime.fromisoformat(time["end"]) if time["end"] else None
    if end is None and time["grain"] == "day":
        end = datetime.combine(start.astimezone(shop.zone).date(), datetime.min.time(), shop.zone)
        end += timedelta(days=1)
    return Wish(
        service_id=filled["service"],
        store_id=filled.get("store"),
        technician_id=filled.get("technician"),
        start=start,
        end=end,
        grain=_GRAINS[time["grain"]],
        people=int(filled.get("people", 1)),
    )


def slot_value(slot: Slot) -> dict[str, Any]:
    """A slot as the memory keeps it."""
    return {
        "store_id": slot.store_id,
        "technician_id": slot.technician_id,
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "others": list(slot.others),
    }


def slot_of(value: dict[str, Any]) -> Slot:
    return Slot(
        store_id=value["store_id"],
        technician_id=value["technician_id"],
        start=datetime.fromisoformat(value["start"]),
        end=datetime.fromisoformat(value["end"]),
        others=tuple(value["others"]),
    )
