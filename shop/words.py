"""How values read in a message: dates, times, durations, phones and names, in Chinese."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def weekday(day: date) -> str:
    """周六."""
    return WEEKDAYS[day.weekday()]


def short_date(day: date) -> str:
    """3月7日: within the year, where the weekday does not matter (a line of a statement)."""
    return f"{day.month}月{day.day}日"


def full_date(day: date) -> str:
    """2026年3月7日: for expiry and birthdays, where the year matters."""
    return f"{day.year}年{short_date(day)}"


def day_text(day: date, today: date | None = None) -> str:
    """周六(3月7日); with `today` also 今天 and 明天, and the year where it is another one."""
    written = short_date(day) if today is None or day.year == today.year else full_date(day)
    if today is not None and (day - today).days in (0, 1):
        return f"{'明天' if day > today else '今天'}({written})"
    return f"{weekday(day)}({written})"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """10:00."""
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """周六(3月7日)10:00, in the shop's zone. `at` is aware."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return f"{day_text(at.astimezone(zone).date())}{clock_time(at, zone)}"


def duration(minutes: int) -> str:
    """45分钟, 1小时, 1小时30分钟."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours}小时" if hours else "", f"{rest}分钟" if rest or not hours else ""]
    return "".join(parts)


def masked_phone(phone: str) -> str:
    """138****8000; a shorter number keeps its last two digits only."""
    if len(phone) == 11:
        return f"{phone[:3]}****{phone[7:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if len(phone) > 2 else "*" * len(phone)


# Surnames of two characters, written one after the other.
_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连皇甫宗政濮阳公冶太叔申屠公孙"
    "慕容钟离长孙宇文司徒鲜于司空闾丘令狐百里呼延东郭南门西门轩辕"
)
_COMPOUND_SURNAMES = frozenset(_COMPOUND[i : i + 2] for i in range(0, len(_COMPOUND), 2))


def masked_name(name: str) -> str:
    """The surname with a star per further character: 林小雨 → 林**, 欧阳娜娜 → 欧阳**; one character → *."""
    name = name.strip()
    kept = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    return name[:kept] + "*" * (len(name) - kept) if len(name) > 1 else "*" * len(name)


def morning(at: datetime, zone: ZoneInfo) -> datetime:
    """That moment, or half past nine of its day where it is earlier: what the night finds is told by day."""
    local = at.astimezone(zone)
    return max(at, local.replace(hour=9, minute=30, second=0, microsecond=0))
