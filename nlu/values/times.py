"""Points and ranges in time as members say them, in the future unless a past day is named.

A day, a part of the day and an hour that stand together, or complete each other across the sentence, make one
time.
Ranges are half-open: `end` is the first moment that no longer belongs to them (周末 ends on Monday at 00:00).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nlu.understanding import TimeSpan
from nlu.values import clock as clocks
from nlu.values.clock import Clock
from nlu.values.dates import DaysSaid
from nlu.values.days import find_days
from nlu.values.text import LONGEST_TEXT, fold
from shop.catalogue import OpeningHours


@dataclass(frozen=True)
class _Group:
    """What the sentence says about one time, and where."""

    start: int
    end: int
    days: DaysSaid | None = None
    part: str | None = None
    clock: Clock | None = None
    moment: datetime | None = None

    def slots(self) -> set[str]:
        return {name for name in ("days", "part", "clock", "moment") if getattr(self, name) is not None}


_TARGET_BEFORE = re.compile(
    r"(?:改|换|挪|调|移|推迟|延|延期|延后|提前|往后推|推|提)(?:一下)?(?:到|成|至|为|在|"
    r"约)(?:了)?\s?$|改约|改(?:个)?$|换(?:个)?$"
)
_RANGE_BETWEEN = re.compile(r"^\s?(?:钟|左右)?\s?(?:到|至|~|-{1,2})\s?$")
_CHOICE_BETWEEN = re.compile(r"还是|或者?|要么|要不|、|/|不行就|和|跟|都")
_EITHER = re.compile(r"还是|或|、|/|和|跟")
_CORRECTED_BETWEEN = re.compile(r"不对|说错|不不|[哦噢啊诶]不|应该是|而是|打错|改成|换成|改到|换到|算了")
_REFUSED_AFTER = re.compile(
    r"^\s?(?:不行|没空|没时间|不方便|有事|去不了|来不了|不可以|不能|不要|不想|没法|除外)"
)
_REFUSED_BEFORE = re.compile(r"(?:不要|别|不是|除了|别约|不约|不想约)\s?$")
_AFTER = re.compile(r"^\s?(?:钟)?(?:以后|之后|过后|往后|开始|后(?!天|面|来|续|台|边)|起(?!来))")
_BEFORE = re.compile(r"^\s?(?:钟)?(?:以前|之前|前(?!台|面|天|边|往|提)|为止)")
_TODAY_ASIDE = re.compile(
    r"^\s?(?:就|又|刚|才)?(?:想|要|来|打|给|问|是|没|不|能不能|可以|可不可以|看|帮|约|预约|先|有点)"
)
_MOST_CANDIDATES = 6
_MOST_DAYS = 3
"""Days whose afternoons (周末下午) are offered one by one."""


@dataclass(frozen=True)
class TimeSaid:
    """The time meant, or None and the readings in doubt."""

    time: TimeSpan | None = None
    candidates: tuple[TimeSpan, ...] = ()


def find_time(text: str, now: datetime, opening: OpeningHours, *, wanted: bool = True) -> TimeSaid:
    """The time a member names, from `now` (aware, in the shop's zone); opening hours decide 三点.

    `wanted`: a time is looked for that suits the member, so that one refused (周六不行) is none. Otherwise it
    names the booking that is to be moved or cancelled.
    """
    folded = fold(text[:LONGEST_TEXT])
    groups = _groups(folded, now)
    if not groups:
        return TimeSaid()
    reader = _Reader(folded, now, opening, wanted=wanted)
    return reader.read(groups)


def _groups(folded: str, now: datetime) -> list[_Group]:
    """The pieces of the sentence, put together."""
    pieces: list[_Group] = []
    for moment, start, end in clocks.find_offsets(folded, now):
        pieces.append(_Group(start, end, moment=moment))
    pieces += _fitting(pieces, (_Group(d.start, d.end, days=d) for d in find_days(folded, now.date())))
    pieces += _fitting(pieces, (_Group(c.start, c.end, clock=c) for c in clocks.find_clocks(folded)))
    pieces += _fitting(pieces, (_Group(s, e, part=p) for p, s, e in clocks.find_parts(folded)))
    pieces.sort(key=lambda piece: piece.start)
    groups: list[_Group] = []
    for piece in pieces:
        if groups and _belongs(folded, groups[-1], piece):
            groups[-1] = _merged(groups[-1], piece)
        else:
            groups.append(piece)
    if not groups:
        base = now.replace(second=0, microsecond=0)
        groups = [_Group(start, end, moment=base) for start, end in clocks.find_now(folded)[:1]]
    return groups


def _fitting(taken: list[_Group], new: Iterable[_Group]) -> list[_Group]:
    return [n for n in new if all(n.end <= t.start or n.start >= t.end for t in taken)]


def _belongs(folded: str, group: _Group, piece: _Group) -> bool:
    """Whether a piece completes the group before it: another slot, no choice, range or correction between."""
    between = folded[group.end : piece.start]
    if _same_day(group, piece):
        return len(between) <= 2
    if group.slots() & piece.slots() or "moment" in group.slots() | piece.slots():
        return False
    if len(between) > 2 and (group.days or piece.days) is None:
        return len(between) <= 12 and not _splits(between)
    return not _splits(between) or between in ("、", "/", "的")


def _splits(between: str) -> bool:
    return any(
        pattern.search(between)
        for pattern in (_RANGE_BETWEEN, _CHOICE_BETWEEN, _CORRECTED_BETWEEN, _TARGET_BEFORE)
    )


def _same_day(group: _Group, piece: _Group) -> bool:
    """周六28号: the same day said twice; 28号 may come before or after its weekday."""
    return bool(
        group.days
        and piece.days
        and group.clock is None
        and (group.days.first, group.days.last) == (piece.days.first, piece.days.last)
    )


def _merged(group: _Group, piece: _Group) -> _Group:
    return _Group(
        min(group.start, piece.start),
        max(group.end, piece.end),
        group.days or piece.days,
        group.part or piece.part,
        group.clock or piece.clock,
        group.moment or piece.moment,
    )


class _Reader:
    """One sentence with its reference time."""

    def __init__(self, folded: str, now: datetime, opening: OpeningHours, *, wanted: bool) -> None:
        self._folded = folded
        self._now = now
        self._opening = opening
        self._must_suit = wanted

    def read(self, groups: list[_Group]) -> TimeSaid:
        """The wanted one of the times said."""
        groups = self._wanted(groups)
        spans: list[TimeSpan] = []
        doubtful = False
        index = 0
        while index < len(groups):
            group = groups[index]
            following = groups[index + 1] if index + 1 < len(groups) else None
            if following and _RANGE_BETWEEN.match(self._folded[group.end : following.start]):
                spans += self._range(group, following)
                index += 2
                continue
            single, unsure = self._single(group)
            spans += single
            doubtful = doubtful or unsure
            index += 1
        distinct = tuple(dict.fromkeys(spans))
        if len(distinct) == 1 and not doubtful:
            return TimeSaid(time=distinct[0])
        return TimeSaid(candidates=distinct[:_MOST_CANDIDATES])

    def _wanted(self, groups: list[_Group]) -> list[_Group]:
        """Refused and replaced times left out; what a later one leaves unsaid comes from the one before."""
        full = [groups[0]]
        for group in groups[1:]:
            full.append(self._inherit(full[-1], group))
        full = [self._shared(one, full[index + 1 : index + 2]) for index, one in enumerate(full)]
        for index, group in enumerate(full):
            before = self._folded[max(0, group.start - 6) : group.start]
            if _TARGET_BEFORE.search(before):
                return full[index:][: 2 if self._is_range(full, index) else 1]
        for index in range(len(full) - 1, 0, -1):
            if _CORRECTED_BETWEEN.search(self._folded[full[index - 1].end : full[index].start]):
                full = full[index:]
                break
        kept = [g for g in full if not _REFUSED_AFTER.match(self._folded[g.end : g.end + 6])]
        kept = [g for g in kept if not _REFUSED_BEFORE.search(self._folded[max(0, g.start - 4) : g.start])]
        if not kept and not self._must_suit:
            return full
        aside = [g for g in kept if not self._mentioned_aside(g)]
        return aside if len(kept) > 1 and aside else kept

    def _is_range(self, groups: list[_Group], index: int) -> bool:
        return index + 1 < len(groups) and bool(
            _RANGE_BETWEEN.match(self._folded[groups[index].end : groups[index + 1].start])
        )

    def _mentioned_aside(self, group: _Group) -> bool:
        """今天 in “今天想问下明天…” is when it is asked, not what is asked for."""
        only_today = group.days is not None and group.days.today and group.slots() == {"days"}
        return only_today and bool(_TODAY_ASIDE.match(self._folded[group.end : group.end + 5]))

    def _inherit(self, previous: _Group, group: _Group) -> _Group:
        days = group.days if group.moment or group.days else previous.days
        part = group.part
        if part is None and group.clock and not group.days and group.clock.part is None:
            part = previous.part if not self._range_of(previous, group) else None
        return replace(group, days=days, part=part)

    def _shared(self, group: _Group, following: list[_Group]) -> _Group:
        """周二或周三下午: the afternoon is that of both."""
        if not following or group.slots() != {"days"} or following[0].days is None or following[0].moment:
            return group
        between = self._folded[group.end : following[0].start]
        if len(between) > 3 or not _EITHER.search(between):
            return group
        return replace(group, part=following[0].part, clock=following[0].clock)

    def _range_of(self, first: _Group, second: _Group) -> bool:
        return bool(_RANGE_BETWEEN.match(self._folded[first.end : second.start]))

    def _single(self, group: _Group) -> tuple[list[TimeSpan], bool]:
        """The readings of one group, and whether the words leave it open on one side (周三以后)."""
        spans = self._points(group)
        after = _AFTER.match(self._folded[group.end : group.end + 5])
        before = _BEFORE.match(self._folded[group.end : group.end + 5])
        if group.moment or not (after or before):
            return spans, len(spans) > 1
        if group.clock is None and group.part is None:
            return spans, True
        return [self._open_ended(span, bool(after)) for span in spans], len(spans) > 1

    def _open_ended(self, span: TimeSpan, after: bool) -> TimeSpan:
        """From the time said to closing, or from opening to it."""
        opens = self._opening.opens.hour * 60 + self._opening.opens.minute
        closes = self._opening.closes.hour * 60 + self._opening.closes.minute
        day = span.start.date()
        if after:
            start = span.end or span.start
            end = clocks.at(day, closes if closes > opens else closes + 1440, self._now)
            return TimeSpan(start, end if end > start else None, span.grain)
        start = clocks.at(day, opens, self._now)
        return TimeSpan(start, span.start, span.grain) if start < span.start else replace(span, end=None)

    def _points(self, group: _Group) -> list[TimeSpan]:
        if group.moment:
            return [TimeSpan(group.moment, None, "minute")]
        if group.days and group.days.length() > _MOST_DAYS:
            # 下周下午: too many to ask about one by one, so the whole stretch, which is true if not exact
            return [self._day_span(group.days)]
        if group.clock:
            return self._hours(group, group.clock)
        if group.part:
            return [self._part_of(day, group.part) for day in self._days_of_part(group)]
        return [self._day_span(group.days)] if group.days else []

    def _day_span(self, days: DaysSaid) -> TimeSpan:
        first = days.first
        if days.loose_week and first == self._now.date() and self._closed_for_today():
            first += timedelta(days=7)
            return TimeSpan(clocks.at(first, 0, self._now), None, "day")
        end = None if days.first == days.last else clocks.at(days.last + timedelta(days=1), 0, self._now)
        return TimeSpan(clocks.at(first, 0, self._now), end, "day")

    def _closed_for_today(self) -> bool:
        opens, closes = self._opening.opens, self._opening.closes
        return opens < closes and self._now.time() >= closes

    def _days_of_part(self, group: _Group) -> list[date]:
        if group.days is None:
            today = self._now.date()
            over = self._part_of(today, group.part or "").end
            return [today if over and over > self._now else today + timedelta(days=1)]
        return self._each(group.days, group)

    def _each(self, days: DaysSaid, group: _Group) -> list[date]:
        """The single days of a stretch."""
        listed = [days.first + timedelta(days=index) for index in range(days.length())]
        if days.loose_week and days.first == self._now.date() and group.part and group.clock is None:
            end = self._part_of(days.first, group.part).end
            return [days.first + timedelta(days=7)] if end and end <= self._now else listed
        return listed

    def _part_of(self, day: date, part: str) -> TimeSpan:
        start, end = clocks.part_bounds(part, day, self._opening, self._now)
        return TimeSpan(start, end, "part_of_day")

    def _hours(self, group: _Group, clock: Clock) -> list[TimeSpan]:
        grain = "minute" if clock.exact else "hour"
        said = [clock] if clock.other_hour is None else [clock, replace(clock, hour=clock.other_hour)]
        spans: list[TimeSpan] = []
        for one in said:
            options = clocks.hour_options(one, group.part, self._opening)
            if group.days is None:
                moments = self._coming(one, group.part, options)
            else:
                moments = [
                    m
                    for day in self._each(group.days, group)
                    for m in self._on(day, group.days, one, group.part, options)
                ]
            spans += [TimeSpan(moment, None, "minute" if grain == "minute" else "hour") for moment in moments]
        return spans

    def _coming(self, clock: Clock, part: str | None, options: list[int]) -> list[datetime]:
        """The next time that the clock shows it: later today if the shop is open then, else tomorrow."""
        today = self._now.date()
        later = self._later_today(clock, part, options)
        if later:
            return later[:1]
        return [clocks.at(today + timedelta(days=1), minutes, self._now) for minutes in options]

    def _later_today(self, clock: Clock, part: str | None, options: list[int]) -> list[datetime]:
        today = self._now.date()
        later = [
            clocks.at(today, m, self._now) for m in options if clocks.at(today, m, self._now) > self._now
        ]
        if later or part or clock.part or clock.full_day or clock.hour >= 12:
            return later
        evening = (clock.hour + 12) * 60 + clock.minute
        moment = clocks.at(today, evening, self._now)
        return [moment] if clocks.is_open(evening, self._opening) and moment > self._now else []

    def _on(
        self, day: date, days: DaysSaid, clock: Clock, part: str | None, options: list[int]
    ) -> list[datetime]:
        """The hour on a day that was named; on today a later reading is preferred to one that is over."""
        if day == self._now.date():
            later = self._later_today(clock, part, options)
            if later:
                return later[:1]
            if days.loose_week:
                day += timedelta(days=7)
            else:
                options = options[-1:]
        return [clocks.at(day, minutes, self._now) for minutes in options]

    def _range(self, first: _Group, second: _Group) -> list[TimeSpan]:
        """From one time to another; the second takes day and part of the day from the first."""
        if first.clock is None and first.part is None:
            if second.clock or second.part or not first.days or not second.days:
                return [*self._single(first)[0], *self._single(second)[0]]
            start, last = self._day_span(first.days), self._last_day(first.days, second.days)
            end = clocks.at(last + timedelta(days=1), 0, self._now)
            return [TimeSpan(start.start, end, "day")] if end > start.start else []
        if first.clock and first.part is None and second.clock and second.part:
            first = self._first_before(first, second)
        starts = self._points(first)
        return [span for span in (self._until(start, second) for start in starts) if span is not None]

    def _first_before(self, first: _Group, second: _Group) -> _Group:
        """2点到下午4点: the first hour lies in the same half of the day if it comes before the second."""
        if first.clock is None or second.clock is None or first.clock.full_day or second.clock.full_day:
            return first
        same_half = clocks.hour_options(first.clock, second.part, self._opening)[0]
        return (
            replace(first, part=second.part)
            if same_half < clocks.hour_options(second.clock, second.part, self._opening)[0]
            else first
        )

    def _last_day(self, first: DaysSaid, second: DaysSaid) -> date:
        if second.last >= first.first:
            return second.last
        return second.last + timedelta(days=7) if second.loose_week else second.last

    def _until(self, start: TimeSpan, second: _Group) -> TimeSpan | None:
        day = (
            second.days.last if second.days and second.days.last >= start.start.date() else start.start.date()
        )
        if second.clock:
            end = self._end_hour(start.start, day, second.clock, second.part)
            exact = "minute" if second.clock.exact or start.grain == "minute" else "hour"
            return TimeSpan(start.start, end, "minute" if exact == "minute" else "hour")
        if second.part:
            end_of_part = self._part_of(day, second.part).end
            return (
                TimeSpan(start.start, end_of_part, "part_of_day")
                if end_of_part and end_of_part > start.start
                else None
            )
        return TimeSpan(start.start, clocks.at(day + timedelta(days=1), 0, self._now), "day")

    def _end_hour(self, start: datetime, day: date, clock: Clock, part: str | None) -> datetime:
        if part or clock.part or clock.full_day:
            readings = clocks.hour_options(clock, part, self._opening)
        else:
            readings = [clock.hour * 60 + clock.minute + 720 * half for half in range(3)]
        later = [clocks.at(day, m, self._now) for m in readings if clocks.at(day, m, self._now) > start]
        return later[0] if later else clocks.at(day + timedelta(days=1), readings[0], self._now)
