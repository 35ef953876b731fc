"""日结 and 日结更正: the day close in the chat (features B8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from actions.closing import day_close, day_close_words
from actions.closing.day_close import CLOSING_ROLES, CloseChanged, CloseQuote, OpenDay
from actions.house import Denied
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import reading
from bot.staff.command import Complaint, StaffCommand
from shop import words
from shop.model import Shop

KIND = "day_close"
CORRECTION = "day_correction"
_DAYS_AGO = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
_DATE = re.compile(r"(?:(?P<year>\d{4})[-/年])?(?P<month>\d{1,2})[-/月](?P<day>\d{1,2})[日号]?")
_COUNT = re.compile(r"(?P<method>[^\d\s:=-]+)\s*[:=]?\s*(?P<amount>-?[¥￥]?[\d.,]+(?:元|块钱|块)?)")
_REASON = re.compile(r"(?:差异)?(?:原因|理由)\s*[:,是]?\s*")


@dataclass(frozen=True)
class Said:
    """What follows 日结: a store, a day, what was counted, a reason; each may be missing."""

    store_id: str | None = None
    day: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


def parse(shop: Shop, rest: str) -> Said | Complaint:
    counted, *explained = _REASON.split(rest, maxsplit=1)
    said = Said(reason=explained[0].strip() if explained else "")
    counts: dict[str, int] = {}
    for chunk in _chunks(counted):
        store, method = reading.store_by_word(shop, chunk), _COUNT.fullmatch(chunk)
        if chunk in _DAYS_AGO or _DATE.fullmatch(chunk):
            said = replace(said, day=chunk)
        elif store is not None:
            said = replace(said, store_id=store.id)
        elif method is not None:
            complaint = _add_count(shop, counts, method["method"], method["amount"])
            if complaint is not None:
                return complaint
        else:
            return Complaint("day_bad_count", {"word": chunk[:20]})
    return replace(said, counts=counts)


def _chunks(text: str) -> list[str]:
    """Words; a method and the amount after it are one."""
    glued = re.sub(r"(?<=[^\d\s])\s*[:=]\s*(?=[-\d¥])", " ", text)
    chunks: list[str] = []
    for word in re.sub(r"[,、](?!\d{3}(?!\d))", " ", glued).split():
        if (
            chunks
            and re.fullmatch(r"-?[¥￥]?[\d.,]+(?:元|块钱|块)?", word)
            and not re.search(r"\d", chunks[-1])
        ):
            chunks[-1] += f" {word}"
        else:
            chunks.append(word)
    return chunks


def _add_count(shop: Shop, counts: dict[str, int], word: str, amount: str) -> Complaint | None:
    method = shop.payment_method_by_word(word.strip())
    amount_fen = reading.amount_fen(amount.removeprefix("-"))
    if method is None or amount_fen is None:
        return Complaint("day_bad_count", {"word": f"{word.strip()} {amount}"[:20]})
    if method.id in counts:
        return Complaint("day_counted_twice", {"method": method.name})
    counts[method.id] = -amount_fen if amount.startswith("-") else amount_fen
    return None


def _day(turn: Turn, written: str) -> date | None:
    """The day meant; a date without a year is the last such day. None: none was said."""
    today = turn.now.astimezone(turn.house.shop.zone).date()
    if written in _DAYS_AGO:
        return today - timedelta(days=_DAYS_AGO[written])
    found = _DATE.fullmatch(written)
    if found is None:
        return None
    month, day = int(found["month"]), int(found["day"])
    for year in (int(found["year"]),) if found["year"] else range(today.year, today.year - 9, -1):
        try:
            meant = date(year, month, day)
        except ValueError:
            continue  # 29 February of another year
        if meant <= today or found["year"]:
            return meant
    return None


def _answer(turn: Turn, said: Said) -> Reply:
    day = _day(turn, said.day)
    if said.day and day is None:
        return turn.reply("day_bad_count", word=said.day)
    if not said.counts:
        return _show(turn, said, day)
    quote = day_close.quote_close(
        turn.house,
        staff_openid=turn.person.openid,
        counts=said.counts,
        store_id=said.store_id,
        day=day,
        reason=said.reason,
    )
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    return ask(turn, quote, turn.text.strip())


def _show(turn: Turn, said: Said, day: date | None) -> Reply:
    found = day_close.open_day(turn.house, staff_openid=turn.person.openid, store_id=said.store_id, day=day)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    store = turn.house.shop.store(found.store_id).name
    shown_day = words.short_date(found.day)
    if not found.figures.entries:
        return turn.reply("day_open_nothing", store=store, day=shown_day)
    return turn.reply(
        "day_open",
        store=store,
        day=shown_day,
        entries=found.figures.entries,
        since=_since(turn, found),
        lines=day_close_words.open_lines(turn.house, found.names, found.figures, found.handed_over),
        example=_example(turn, found, said),
    )


def _since(turn: Turn, found: OpenDay) -> str:
    if found.since is None:
        return turn.say("day_since_first")
    return turn.say("day_since", time=words.moment(found.since, turn.house.shop.zone))


def _example(turn: Turn, found: OpenDay, said: Said) -> str:
    """The command to send, with the store and the day as they were said and the booked figures."""
    methods = found.figures.codes("cash") or (turn.house.shop.payment_methods[0].id,)
    store = turn.house.shop.store(said.store_id).name if said.store_id else ""
    counts = [said_count(turn, method, found.figures.total("cash", code=method)) for method in methods]
    return " ".join(part for part in ("日结", store, said.day, *counts) if part)


def said_count(turn: Turn, method: str, amount_fen: int) -> str:
    """现金 1280, as one would type it."""
    return f"{day_close_words.method_name(turn.house, method)} {_plain_yuan(amount_fen)}"


def _plain_yuan(amount_fen: int) -> str:
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{yuan}{f'.{fen:02d}' if fen else ''}"


def ask(turn: Turn, quote: CloseQuote, command: str) -> Reply:
    """Echo the comparison; where there is a variance without a reason, ask for the reason first."""
    shown = {
        "store": turn.house.shop.store(quote.store_id).name,
        "day": words.short_date(date.fromisoformat(quote.day)),
        "entries": quote.entries,
        "counts": counted(turn, quote),
    }
    name = "day_close_needs_reason" if quote.has_variance and not quote.reason else "day_close_echo"
    reply = confirm.ask(turn, kind=KIND, data=asdict(quote), echo=turn.say(name, **shown), command=command)
    return Reply(reply.text) if name == "day_close_needs_reason" else reply


def counted(turn: Turn, quote: CloseQuote) -> str:
    """Counted beside booked, a line a method."""
    lines = [
        (m, booked, counted, quote.reason if booked != counted else "") for m, booked, counted in quote.counts
    ]
    return day_close_words.count_lines(turn.house, lines)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = quote_from(pending.data)
    if quote.has_variance and not quote.reason:
        return Reply(pending.echo)
    done = day_close.close_day(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(done, Denied):
        if done.code != "day_close_busy":
            turn.memory.pending = None
        return turn.reply(done.code, **done.detail)
    turn.memory.pending = None
    if isinstance(done, CloseChanged):
        return turn.reply("day_close_changed", counts=counted(turn, done.quote), command=pending.command)
    counts = [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in done.counts]
    return turn.reply(
        "day_close_done",
        store=turn.house.shop.store(done.close.store_id).name,
        day=words.short_date(done.close.day),
        entries=done.close.entries,
        counts=day_close_words.count_lines(turn.house, counts),
        root=done.root[:16],
    )


def quote_from(data: Mapping[str, Any]) -> CloseQuote:
    """The quote that a conversation kept."""
    counts = tuple((str(method), int(booked), int(counted)) for method, booked, counted in data["counts"])
    return CloseQuote(**{**data, "counts": counts})


def _ask_correction(turn: Turn, said: Said) -> Reply:
    day = _day(turn, said.day)
    if day is None or not said.counts:
        return turn.reply("day_close_usage")
    shown = words.short_date(day)
    if not said.reason:
        return turn.reply("day_reason_needed", day=shown)
    lines = [said_count(turn, method, fen) for method, fen in said.counts.items()]
    store = turn.house.shop.store(said.store_id).name if said.store_id else ""
    echo = turn.say(
        "day_correction_echo", store=store, day=shown, counts="\n".join([*lines, said.reason])
    ).strip()
    data = {**asdict(said), "day": day.isoformat()}
    return confirm.ask(turn, kind=CORRECTION, data=data, echo=echo, command=turn.text.strip())


def _correct(turn: Turn, pending: Pending) -> Reply:
    data = pending.data
    done = day_close.correct_count(
        turn.house,
        staff_openid=turn.person.openid,
        day=date.fromisoformat(data["day"]),
        counts={str(method): int(fen) for method, fen in data["counts"].items()},
        reason=str(data["reason"]),
        key=pending.key,
        store_id=data["store_id"],
    )
    turn.memory.pending = None
    if isinstance(done, Denied):
        return turn.reply(done.code, **done.detail)
    latest = {c.payment_method: c for c in done.counts}
    lines = [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in latest.values()]
    return turn.reply(
        "day_correction_done",
        store=turn.house.shop.store(done.close.store_id).name,
        day=words.short_date(done.close.day),
        counts=day_close_words.count_lines(turn.house, lines),
    )


COMMANDS: tuple[StaffCommand[Said], ...] = (
    StaffCommand(
        ("日结", "结账"), "help_day_close", parse, _answer, usage="day_close_usage", roles=CLOSING_ROLES
    ),
    StaffCommand(
        ("日结更正", "更正日结"), "", parse, _ask_correction, usage="day_close_usage", roles=CLOSING_ROLES
    ),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed, CORRECTION: _correct}
