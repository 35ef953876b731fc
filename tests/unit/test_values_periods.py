"""Past periods and birthdays against the tables periods.txt and birthdays.txt."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from corpora.reader import Row, rows
from hypothesis import given
from hypothesis import strategies as st

from nlu.understanding import Period
from nlu.values.birthdays import UNSAID_YEAR, find_birthday
from nlu.values.periods import find_period

SHANGHAI = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 25, 10, 20, tzinfo=SHANGHAI)


def period_written(period: Period) -> str:
    return f"{period.start}..{period.end}"


def birthday_written(day: date) -> str:
    return day.strftime("--%m-%d") if day.year == UNSAID_YEAR else day.isoformat()


@pytest.mark.parametrize("row", rows("periods.txt"), ids=lambda row: row.directives["now"] + " " + row.text)
def test_period(row: Row) -> None:
    now = datetime.fromisoformat(row.directives["now"] + "T10:20").replace(tzinfo=SHANGHAI)
    said = find_period(row.text, now)
    doubt = "? " + " | ".join(map(period_written, said.candidates)) if said.candidates else "-"
    assert (period_written(said.period) if said.period else doubt) == row.expected


@pytest.mark.parametrize(
    "row", rows("birthdays.txt") + rows("birthdays_spoken.txt"), ids=lambda row: row.text
)
def test_birthday(row: Row) -> None:
    said = find_birthday(row.text, NOW)
    doubt = "? " + " | ".join(map(birthday_written, said.candidates)) if said.candidates else "-"
    doubt = "lunar" if said.lunar and not said.candidates else doubt
    assert (birthday_written(said.date) if said.date else doubt) == row.expected


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2090, 12, 31), timezones=st.just(SHANGHAI)),  # noqa: DTZ001
    st.sampled_from([row.text for row in rows("periods.txt")]),
)
def test_a_period_is_past_and_runs_forward(now: datetime, text: str) -> None:
    said = find_period(text, now)
    for period in (said.period, *said.candidates):
        if period is not None:
            assert period.start <= period.end <= now.date()


@given(st.dates(date(1910, 1, 1), date(2026, 11, 25)))
def test_every_birthday_with_its_year(day: date) -> None:
    for text in (
        f"{day.year}年{day.month}月{day.day}日",
        day.isoformat(),
        day.strftime("%Y%m%d"),
        day.strftime("%Y/%m/%d"),
    ):
        assert find_birthday("我的生日是" + text, NOW).date == day
