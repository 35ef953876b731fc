"""Points and ranges in time as members say them, in the future unless a past day is named.

A day, a part of the day and an hour that stand together, or complete each other across the sentence, make one
time.
Ranges are half-open: `end` is the first moment that no longer belongs to them (周末 ends on Monday at 00:00).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nlu.understanding import TimeSpan
from nlu.values import clock as clocks
from nlu.values.clock import Clock
from nlu.values.dates import DaysSaid
from nlu.values.groups import Group, choose, encloses, find_groups, is_range
from nlu.values.text import LONGEST_TEXT, fold
from nlu.values.wording import plain
from shop.catalogue import OpeningHours

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
    words = plain(fold(text[:LONGEST_TEXT]))
    groups = choose(words, find_groups(words, now), now.date(), wanted=wanted)
    return _Reader(words, now, opening).read(groups) if groups else TimeSaid()


class _Reader:
    """One sentence with its reference time."""

    def __init__(self, words: str, now: datetime, opening: OpeningHours) -> None:
        self._words = words
        self._now = now
        self._opening = opening

    def read(self, groups: list[Group]) -> TimeSaid:
        """The times of the groups, ranges put together."""
        spans: list[TimeSpan] = []
        doubtful = False
        index = 0
        while index < len(groups):
            group = groups[index]
            following = groups[index + 1] if index + 1 < len(groups) else None
            if following and (is_range(self._words, group, following) or encloses(group, following)):
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

    def _single(self, group: Group) -> tuple[list[TimeSpan], bool]:
        """The readings of one group, and whether the words leave it open on one side (周三以后)."""
        spans = self._points(group)
        if group.moment or group.side is None:
            return spans, len(spans) > 1
        if group.clock is None and group.part is None:
            return spans, True
        return [self._open_ended(span, group.side == "after") for span in spans], len(spans) > 1

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

    def _points(self, group: Group) -> list[TimeSpan]:
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

    def _days_of_part(self, group: Group) -> list[date]:
        if group.days is None:
            today = self._now.date()
            over = self._part_of(today, group.part or "").end
            return [today if over and over > self._now else today + timedelta(days=1)]
        return self._each(group.days, group)

    def _each(self, days: DaysSaid, group: Group) -> list[date]:
        """The single days of a stretch."""
        listed = [days.first + timedelta(days=index) for index in range(days.length())]
        if days.loose_week and days.first == self._now.date() and group.part and group.clock is None:
            end = self._part_of(days.first, group.part).end
            return [days.first + timedelta(days=7)] if end and end <= self._now else listed
        return listed

    def _part_of(self, day: date, part: str) -> TimeSpan:
        start, end = clocks.part_bounds(part, day, self._opening, self._now)
        return TimeSpan(start, end, "part_of_day")

    def _hours(self, group: Group, clock: Clock) -> list[TimeSpan]:
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

    def _range(self, first: Group, second: Group) -> list[TimeSpan]:
        """From one time to another; the second takes day and part of the day from the first."""
        if first.days is None and second.days is not None and (first.clock or first.part):
            # 下午2点到4点明天
            first = replace(first, days=second.days)
        if first.clock is None and first.part is None:
            if second.clock or second.part or not first.days or not second.days:
                return [*self._single(first)[0], *self._single(second)[0]]
            start, last = self._day_span(first.days), self._last_day(first.days, second.days)
            end = clocks.at(last + timedelta(days=1), 0, self._now)
            return [TimeSpan(start.start, end, "day")] if end > start.start else []
        if first.clock and first.part is None and second.clock and second.part:
            first = self._first_before(first, second)
        starts = [self._running(span, first) for span in self._points(first)]
        return [span for span in (self._until(start, second) for start in starts) if span is not None]

    def _running(self, start: TimeSpan, first: Group) -> TimeSpan:
        """上午10到12点 said at ten is today's; a range that has begun is tomorrow's."""
        if first.days is not None or start.start.date() == self._now.date():
            return start
        earlier = replace(start, start=start.start - timedelta(days=1))
        return earlier if earlier.start >= self._now.replace(second=0, microsecond=0) else start

    def _first_before(self, first: Group, second: Group) -> Group:
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

    def _until(self, start: TimeSpan, second: Group) -> TimeSpan | None:
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
