"""When a store is open (row A10 and the intent store_info). Days and times are the shop's own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from shop.fields import Span
from shop.model import Shop, SpecialDay, Store
from shop.words import WEEKDAYS, day_text

_FIELDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def spans_on(store: Store, day: date) -> tuple[Span, ...]:
    """The stretches of opening on that day, in order, () when closed. Special days go before weekdays."""
    special = _special(store, day)
    return special.hours if special else _weekly(store, day.weekday())


def _special(store: Store, day: date) -> SpecialDay | None:
    return next((special for special in store.special_days if special.date == day), None)


def _weekly(store: Store, weekday: int) -> tuple[Span, ...]:
    own: tuple[Span, ...] | None = getattr(store.opening, _FIELDS[weekday])
    return (store.opening.every_day or ()) if own is None else own


def is_open(shop: Shop, store: Store, at: datetime) -> bool:
    """Whether the store is open at an aware moment; closed at the very minute of closing."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    local = at.astimezone(shop.zone)
    minute = local.hour * 60 + local.minute
    return any(span.opens_minute <= minute < span.closes_minute for span in spans_on(store, local.date()))


def next_opening(shop: Shop, store: Store, at: datetime, *, within_days: int = 30) -> datetime | None:
    """The next moment the store opens after `at`, in the shop's zone; None when not `within_days`."""
    local = at.astimezone(shop.zone)
    for ahead in range(within_days + 1):
        day = local.date() + timedelta(days=ahead)
        midnight = datetime.combine(day, time(), shop.zone)
        for span in spans_on(store, day):
            opens = midnight + timedelta(minutes=span.opens_minute)
            if opens > local:
                return opens
    return None


def hours_text(store: Store, day: date) -> str:
    """10:00–21:00, or 休息, with the note of a special day: 10:00–16:00（除夕）."""
    return _spans_text(spans_on(store, day)) + _note(store, day)


def today_text(store: Store, day: date) -> str:
    """今天 10:00–21:00 营业, or 今天休息（春节）, for the day that is today in the shop's zone."""
    return f"今天{' ' if spans_on(store, day) else ''}{_business_text(store, day)}"


def on_day_text(store: Store, day: date, today: date) -> str:
    """周六(3月7日)10:00–21:00 营业, for a day a member asks about."""
    return f"{day_text(day, today)}{_business_text(store, day)}"


def _business_text(store: Store, day: date) -> str:
    spans = spans_on(store, day)
    return _spans_text(spans) + (" 营业" if spans else "") + _note(store, day)


def _note(store: Store, day: date) -> str:
    special = _special(store, day)
    return f"（{special.note}）" if special and special.note else ""


def week_text(store: Store) -> str:
    """周一至周四、周日 10:00–21:00，周五、周六 10:00–22:00: days with the same hours together."""
    groups: dict[str, list[int]] = {}
    for weekday in range(7):
        groups.setdefault(_spans_text(_weekly(store, weekday)), []).append(weekday)
    if len(groups) == 1:
        return f"每天 {next(iter(groups))}"
    return "，".join(f"{_days_text(days)} {written}" for written, days in groups.items())


def _spans_text(spans: tuple[Span, ...]) -> str:
    return "、".join(f"{_time(span.opens_minute)}–{_time(span.closes_minute)}" for span in spans) or "休息"


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _days_text(days: list[int]) -> str:
    """周一至周四 for a run of three or more days, 周五、周六 for fewer."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "、".join(_run_text(run) for run in runs)


def _run_text(run: list[int]) -> str:
    if len(run) >= 3:
        return f"{WEEKDAYS[run[0]]}至{WEEKDAYS[run[-1]]}"
    return "、".join(WEEKDAYS[day] for day in run)
