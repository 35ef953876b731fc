"""What a sentence says about one time put together, and which of the times said is the one that is meant.

A day, a part of the day and an hour make one group. Of several, those refused (周六不行), corrected
(不对), told of the past (上次周三做的) or left open (改天下午) fall away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Literal

from nlu.values import clock as clocks
from nlu.values.clock import DAY_SAID, Clock
from nlu.values.dates import DaysSaid
from nlu.values.days import find_days
from nlu.values.offsets import find_now, find_offsets

DAYS_OF_WEEK = 7
Side = Literal["after", "before"]


@dataclass(frozen=True)
class Group:
    """What the sentence says about one time, and where."""

    start: int
    end: int
    days: DaysSaid | None = None
    part: str | None = None
    clock: Clock | None = None
    moment: datetime | None = None
    side: Side | None = None
    """三点以后, 五点前."""
    vague: bool = False
    """Some day that nobody can tell: 改天, 每周三, 生日那天."""

    def slots(self) -> set[str]:
        """The kinds of things said."""
        said = {name for name in ("days", "part", "clock", "moment") if getattr(self, name) is not None}
        return said | {"days"} if self.vague else said


_TARGET_BEFORE = re.compile(
    r"(?:改|换|挪|调|移|推迟|延|延期|延后|提前|往后推|推|提)(?:一下)?(?:到|成|至|为|在|"
    r"约)(?:了)?\s?$|(?:->|→)\s?$|改约|[改换](?:个)?$|[挪调移]$"
)
_RANGE_BETWEEN = re.compile(r"^\s?(?:钟|左右)?\s?(?:到|至|~|-{1,2})\s?$")
_CHOICE_BETWEEN = re.compile(r"还是|或者?|要么|要不|、|/|不行就|和|跟|都")
_EITHER = re.compile(r"还是|或|、|/|和|跟")
_CORRECTED_BETWEEN = re.compile(
    r"不对|说错|[搞弄记打看]错|错了|不不|[,，。\s]不[,，\s]|[哦噢啊诶呃额嗯]\s?不|不是[\s,，]|应该是|而是|"
    r"口误|更正|我是说|不好意思[,，\s]*是|"
    r"改成|换成|改到|换到|算了"
)
_SLIP = re.compile(
    r"不对|错|不不|[,，。\s]不[,，\s]|[哦噢啊诶呃额嗯]\s?不|不是|应该是|口误|更正|我是说|不好意思"
)
"""A slip of the tongue, whose hour stays: 明天三点 不对 是后天."""
_SAME_HOUR = re.compile(r"同[一样]?时间|同样的?时间|同一个?(?:时间|点|时候)|时间不变")
_REFUSED_AFTER = re.compile(
    r"^\s?的?(?:我|我们|都|就|也|又|可能|实在)?(?:不行|没空|没时间|没得空|没位|没有?空|不方便|有事|有课(?!位|上|可|约|吗)|"
    r"有会|去不了|来不了|不可以|"
    r"不能|不要|不想|没法|除外|不得|冇|唔得|不成|起不来|赶不上|赶不到|走不开|要?加班|[要得在]上班|"
    r"上班(?=没|走不)|要?出差|要?开会|约满|满了|太[晚早]|来不及|赶不及|要?接(?:孩子|娃|小孩|女儿|"
    r"儿子))(?!的话|了?[吗没么])"
)
_OWN_BUSINESS = re.compile(r"^\s?(?:钟|左右)?(?:才|就)?(?:放学|下班|[上下]课|起床|散会)")
"""六点下班，七点到: the first hour is when the member is free."""
_REFUSED_BEFORE = re.compile(
    r"(?:不要|别|除了|除开|别约|不约|不想约|不想要|避开|别给我约)(?:在)?\s?$|(?<![哦噢啊诶呃额嗯是])不是$"
)
_AFTER = re.compile(r"^\s?(?:钟)?(?:以后|之后|过后|往后|开始|后(?!天|面|来|续|台|边|半)|起(?![来不床晚早]))")
_BEFORE = re.compile(r"^\s?(?:钟)?(?:以前|之前|前(?!台|面|天|边|往|提|后|一|半)|为止)")
_TODAY_ASIDE = re.compile(
    r"^\s?(?:就|又|刚|才)?(?:想|要|来|打|给|问|是|没|不|能不能|可以|可不可以|看|帮|约|预约|先|有点)"
)
_TOLD_BEFORE = re.compile(r"(?:上次|上回|之前|原来|本来|原先|原定|前面)[^,，。!?]{0,6}$")
# 每周三下午: some day, and no hour of today
_VAGUE = re.compile(
    r"(?:每个?|逢)(?:周|星期|礼拜)[一二三四五六日天末]{0,3}(?:[、和跟]?(?:周|星期|"
    r"礼拜)[一二三四五六日天末])*|每(?:天|日|晚|早|个?月)(?:[0-9一二三四五六七八九十]{1,3}[号日])?|"
    r"[改哪]天|改日|过[两几](?:天|日)|过些(?:天|日子)|过(?:段时间|一?阵子?|一段时间)|这[几两]天|这阵子|"
    r"这段时间|最近|近期|"
    r"平时|平常|平日(?!子)|工作日|上班日|隔天|(?<![\u4e00-\u9fff])节[前后]|过完[年节]|"
    r"(?<![0-9一二两三四五六七八九十几半今明去])年[前后](?!台)|"
    r"会员日|生日(?:那天|当天)?|店庆(?:日|那天)?|纪念日|赶明儿个?|(?<![周期拜0-9一二三四五六七八九])(?:一三五|二四六)(?![一二三四五六七八九十0-9百千万号])|下次|回头|有空(?:的时候)?再"
)


def find_groups(words: str, now: datetime) -> list[Group]:
    """The pieces of the sentence, left to right, put together."""
    pieces = [Group(start, end, moment=moment) for moment, start, end in find_offsets(words, now)]
    rest = _covered(words, pieces)
    pieces += [Group(match.start(), match.end(), vague=True) for match in _VAGUE.finditer(rest)]
    rest = _covered(words, pieces)
    pieces += [Group(d.start, d.end, days=d, side=_side(words, d.end)) for d in find_days(rest, now.date())]
    rest = _covered(words, pieces)
    hours = [Group(c.start, c.end, clock=c, side=_side(words, c.end)) for c in clocks.find_clocks(rest)]
    parts = (Group(s, e, part=p, side=_side(words, e)) for p, s, e in clocks.find_parts(rest))
    pieces += [*hours, *_fitting(hours, parts)]
    pieces.sort(key=lambda piece: piece.start)
    groups: list[Group] = []
    for piece in pieces:
        if groups and _belongs(words, groups[-1], piece, now.date()):
            groups[-1] = _merged(groups[-1], piece)
        else:
            groups.append(piece)
    if not groups:
        base = now.replace(second=0, microsecond=0)
        groups = [Group(start, end, moment=base) for start, end in find_now(words)[:1]]
    return groups


def _covered(words: str, pieces: list[Group]) -> str:
    for piece in pieces:
        words = words[: piece.start] + DAY_SAID * (piece.end - piece.start) + words[piece.end :]
    return words


def _side(words: str, end: int) -> Side | None:
    following = words[end : end + 6]
    return "after" if _AFTER.match(following) else "before" if _BEFORE.match(following) else None


def _fitting(taken: list[Group], new: Iterable[Group]) -> list[Group]:
    return [n for n in new if all(n.end <= t.start or n.start >= t.end for t in taken)]


def _belongs(words: str, group: Group, piece: Group, today: date) -> bool:
    """Whether a piece completes the group before it: another slot, no choice, range or correction between."""
    between = words[group.end : piece.start]
    if piece.vague:
        return False
    if _same_day(group, piece):
        return len(between) <= 6 and not _splits(between)
    if piece.slots() == {"part"} and group.part == piece.part and not group.clock:
        return len(between) <= 2
    if group.slots() & piece.slots() or "moment" in group.slots() | piece.slots():
        return False
    if _REFUSED_BEFORE.search(between) or _REFUSED_AFTER.match(between):
        return False
    if group.clock and _OWN_BUSINESS.match(between):
        return False
    over = group.days is not None and group.days.last < today
    if group.vague or over:
        return len(between) <= 2 and not _splits(between)
    if len(between) > 2 and (group.days or piece.days) is None:
        return len(between) <= 12 and not _splits(between)
    return not _splits(between) or between in ("、", "/", "的")


def _splits(between: str) -> bool:
    return any(
        pattern.search(between)
        for pattern in (_RANGE_BETWEEN, _CHOICE_BETWEEN, _CORRECTED_BETWEEN, _TARGET_BEFORE)
    )


def _same_day(group: Group, piece: Group) -> bool:
    """周六28号: the same day said twice; 28号 may come before or after its weekday."""
    return bool(
        group.days
        and piece.days
        and group.clock is None
        and (group.days.first, group.days.last) == (piece.days.first, piece.days.last)
    )


def _merged(group: Group, piece: Group) -> Group:
    # 周三以后下午 is no open afternoon, but 三点以后明天 stays after three
    side = piece.side or (group.side if piece.clock is None and piece.part is None else None)
    return Group(
        min(group.start, piece.start),
        max(group.end, piece.end),
        group.days or piece.days,
        group.part or piece.part,
        group.clock or piece.clock,
        group.moment or piece.moment,
        side,
        group.vague or piece.vague,
    )


def is_range(words: str, first: Group, second: Group) -> bool:
    """Whether 到 stands between two groups, or 之间 after two hours."""
    between = words[first.end : second.start]
    if _RANGE_BETWEEN.match(between):
        return True
    hours = first.clock is not None and second.clock is not None
    return hours and between in ("", " ", "、", "和") and words.startswith(("之间", "中间"), second.end)


def encloses(first: Group, second: Group) -> bool:
    """三点以后五点以前: from the one to the other."""
    hours = first.clock is not None and second.clock is not None
    return hours and first.side == "after" and second.side == "before" and second.days in (None, first.days)


def choose(words: str, groups: list[Group], today: date, *, wanted: bool) -> list[Group]:
    """The groups meant; what a later one leaves unsaid comes from the one before."""
    groups = [group for group in groups if not group.vague]
    if not groups:
        return []
    full = _told_closer(_completed(words, groups, today))
    for index, group in enumerate(full):
        if _TARGET_BEFORE.search(words[max(0, group.start - 6) : group.start]):
            return _target(words, full, index)
    for index in range(len(full) - 1, 0, -1):
        between = words[full[index - 1].end : full[index].start]
        if _CORRECTED_BETWEEN.search(between):
            full[index] = (
                _with_hour_of(full[index - 1], full[index]) if _SLIP.search(between) else full[index]
            )
            full = full[index:]
            break
    starts = {group.start for group in full}
    kept = [g for g in full if not _refused(words, g, starts)]
    if not kept and not wanted:
        return full
    for aside in (_mentioned_today, _told):
        others = [
            g for i, g in enumerate(kept) if _begins_range(words, kept, i) or not aside(words, g, today)
        ]
        kept = others or kept
    return kept


def _completed(words: str, groups: list[Group], today: date) -> list[Group]:
    full = [groups[0]]
    for group in groups[1:]:
        full.append(_inherit(words, full[-1], _in_same_week(words, full[-1], group), today))
    for index in range(len(full) - 2, -1, -1):
        full[index] = _shared(words, full[index], full[index + 1])
    return full


def _told_closer(groups: list[Group]) -> list[Group]:
    """Without a week of which the group after it names a day."""
    return [
        group
        for group, after in zip_longest(groups, groups[1:])
        if not (after and group.slots() == {"days"} and _is_day_of(after.days, group.days))
    ]


def _is_day_of(day: DaysSaid | None, week: DaysSaid | None) -> bool:
    if day is None or week is None or not day.fixed_week or week.length() != DAYS_OF_WEEK:
        return False
    return week.first <= day.first == day.last <= week.last


def _in_same_week(words: str, previous: Group, group: Group) -> Group:
    """下周二或周四, 下下周一到周五: the second weekday lies in the week of the first."""
    first, second = previous.days, group.days
    if not (first and second and second.loose_week):
        return group
    if previous.slots() == {"days"} and first.length() == DAYS_OF_WEEK and first.first.weekday() == 0:
        # 下周的私教，周四晚上: the weekday of the week named before
        day = first.first + timedelta(days=second.first.weekday())
        return replace(group, days=replace(second, first=day, last=day, loose_week=False, fixed_week=True))
    if not (first.fixed_week and first.last == first.first):
        return group
    between = words[previous.end : group.start]
    joined = len(between) <= 3 and (_EITHER.search(between) or _RANGE_BETWEEN.match(between) or not between)
    if not joined and not _SLIP.search(between):
        return group
    day = first.first + timedelta(days=second.first.weekday() - first.first.weekday())
    return replace(group, days=replace(second, first=day, last=day, loose_week=False, fixed_week=True))


def _target(words: str, full: list[Group], index: int) -> list[Group]:
    """周五改到周六: the new time alone, or the range that begins there."""
    target = full[index]
    if index and _SAME_HOUR.search(words[target.end : target.end + 8]):
        target = _with_hour_of(full[index - 1], target)
    return [target, full[index + 1]] if _begins_range(words, full, index) else [target]


def _begins_range(words: str, groups: list[Group], index: int) -> bool:
    return index + 1 < len(groups) and is_range(words, groups[index], groups[index + 1])


def _with_hour_of(earlier: Group, later: Group) -> Group:
    if later.slots() != {"days"}:
        return later
    return replace(later, part=earlier.part, clock=earlier.clock, side=later.side or earlier.side)


def _refused(words: str, group: Group, starts: set[int]) -> bool:
    """明天不要 is refused, but in 明天下午 不要三点 what follows is."""
    after = _REFUSED_AFTER.match(words[group.end : group.end + 8])
    aimed_on = after and after.group().endswith(("要", "想", "能"))
    if after and not (aimed_on and starts & {group.end + after.end(), group.end + after.end() + 1}):
        return True
    if group.clock and _OWN_BUSINESS.match(words[group.end : group.end + 6]):
        return True
    return bool(_REFUSED_BEFORE.search(words[max(0, group.start - 5) : group.start]))


def _mentioned_today(words: str, group: Group, _today: date) -> bool:
    """今天 in “今天想问下明天…” is when it is asked, not what is asked for."""
    only_today = group.days is not None and group.days.today and group.slots() == {"days"}
    return only_today and bool(_TODAY_ASIDE.match(words[group.end : group.end + 5]))


def _told(words: str, group: Group, today: date) -> bool:
    """昨天没来, 上次周三做的: what was, beside what is wanted."""
    over = group.days is not None and group.days.last < today
    return over or bool(_TOLD_BEFORE.search(words[max(0, group.start - 8) : group.start]))


def _inherit(words: str, previous: Group, group: Group, today: date) -> Group:
    over = previous.days is not None and previous.days.last < today
    days = group.days if group.moment or group.days or over else previous.days
    part = group.part
    if part is None and group.clock and not group.days and group.clock.part is None:
        part = previous.part if not is_range(words, previous, group) else None
    return replace(group, days=days, part=part)


def _shared(words: str, group: Group, following: Group) -> Group:
    """周二或周三下午, 周一三五下午: the afternoon is that of all."""
    if group.slots() != {"days"} or following.days is None or following.moment:
        return group
    between = words[group.end : following.start]
    listed = group.days is not None and group.days.listed
    # 七号八号下午两点 and 七号或八号下午两点, but 七号，八号下午 may mean only the eighth's
    if not listed and between and (len(between) > 3 or not _EITHER.search(between)):
        return group
    return replace(group, part=following.part, clock=following.clock)
