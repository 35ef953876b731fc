"""Points and ranges in time against the table times.txt."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest
from corpora.reader import Row, rows
from hypothesis import given
from hypothesis import strategies as st

from nlu.understanding import TimeSpan
from nlu.values.times import TimeSaid, find_time
from shop.catalogue import OpeningHours

SHANGHAI = timezone(timedelta(hours=8))


def written(span: TimeSpan, now: datetime) -> str:
    """A time as the table writes it."""
    start = _day(span.start, now)
    if span.grain == "day":
        return start if span.end is None else f"{start}..{_day(span.end - timedelta(days=1), now)}"
    if span.grain == "part_of_day":
        assert span.end is not None
        midnight = span.start.replace(hour=0, minute=0)
        hours = [(moment - midnight) / timedelta(hours=1) for moment in (span.start, span.end)]
        return f"{start} {hours[0]:g}-{hours[1]:g} part"
    said = f"{start} {_clock(span.start, span)}"
    if span.end is None:
        return said
    other_day = "" if span.end.date() == span.start.date() else _day(span.end, now) + " "
    return f"{said}..{other_day}{_clock(span.end, span)}"


def _day(moment: datetime, now: datetime) -> str:
    return moment.strftime("%m-%d" if moment.year == now.year else "%Y-%m-%d")


def _clock(moment: datetime, span: TimeSpan) -> str:
    return f"{moment.hour}h" if span.grain == "hour" else moment.strftime("%H:%M")


def written_all(said: TimeSaid, now: datetime) -> str:
    if said.time is not None:
        assert not said.candidates
        return written(said.time, now)
    return "? " + " | ".join(written(one, now) for one in said.candidates) if said.candidates else "-"


@pytest.mark.parametrize("row", rows("times.txt"), ids=lambda row: row.directives["now"] + " " + row.text)
def test_time(row: Row) -> None:
    now = datetime.fromisoformat(row.directives["now"]).replace(tzinfo=SHANGHAI)
    opens, closes = (time.fromisoformat(said) for said in row.directives["hours"].split("-"))
    assert written_all(find_time(row.text, now, OpeningHours(opens, closes)), now) == row.expected


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 12, 31), timezones=st.just(SHANGHAI))  # noqa: DTZ001
SAID = [
    "三点",
    "下午",
    "周六",
    "3号",
    "31号",
    "月底",
    "2月29号",
    "国庆",
    "明天",
    "周末",
    "晚上",
    "10:30",
    "除夕",
    "下周三",
]


@given(MOMENTS, st.sampled_from(SAID))
def test_a_time_without_a_past_word_is_not_over(now: datetime, text: str) -> None:
    said = find_time(text, now, OpeningHours())
    for span in (said.time, *said.candidates):
        if span is not None:
            # a day or part of the day that is running counts as coming
            end = span.end or (span.start + timedelta(days=1) if span.grain == "day" else span.start)
            assert end >= now


@given(MOMENTS, st.sampled_from(SAID))
def test_the_zone_of_now_is_kept_and_ranges_run_forward(now: datetime, text: str) -> None:
    said = find_time(text, now, OpeningHours())
    for span in (said.time, *said.candidates):
        if span is not None:
            assert span.start.tzinfo is now.tzinfo
            assert span.end is None or span.end > span.start


@given(MOMENTS, st.integers(min_value=0, max_value=23), st.integers(min_value=0, max_value=59))
def test_the_24_hour_clock_is_taken_at_its_word(now: datetime, hour: int, minute: int) -> None:
    said = find_time(f"明天{hour:02d}:{minute:02d}", now, OpeningHours()).time
    if hour == 12 or hour == 0 or hour > 12 or hour < 10:
        assert said is not None
        assert (said.start.date(), said.start.hour, said.start.minute) == (
            now.date() + timedelta(days=1),
            hour,
            minute,
        )
