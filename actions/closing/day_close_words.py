"""How a day close reads: the same lines for the manager's echo and for the owner's message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from actions.house import House
from ledger.records import staff
from ledger.records.day_closes import CashierCount, Count, DayClose
from ledger.records.staff import Staff
from ledger.reports.figures import Figures
from shop import texts, words
from shop.model import UnknownIdError
from shop.money import format_fen

Names = Mapping[str, str]
MAX_MESSAGE_BYTES = 2000  # the root stands at the top, so that a long list loses its end only
MAX_CASHIERS = 6


def names(connection: Connection) -> Mapping[str, str]:
    """Actor → name, of the staff in service."""
    return {f"staff:{each.id}": each.name for each in staff.everyone(connection)}


def day_name(day: date) -> str:
    """11月21日."""
    return words.short_date(day)


def moment(house: House, at: datetime) -> str:
    return words.moment(at, house.shop.zone)


def method_name(house: House, method: str) -> str:
    """The payment method's name; its id when shop.yml no longer has it."""
    try:
        return house.shop.payment_method(method).name
    except UnknownIdError:
        return method


def method_names(house: House, methods: Iterable[str]) -> str:
    return "、".join(method_name(house, method) for method in methods)


def actor_name(house: House, known: Mapping[str, str], actor: str) -> str:
    """王芳; 会员自助 for what a member did himself, 系统 for what happened by itself."""
    if actor.startswith("member:"):
        return texts.say(house.shop, "day_actor_member")
    return known.get(actor) or texts.say(house.shop, "day_actor_system")


def open_lines(
    house: House, known: Mapping[str, str], found: Figures, handed_over: Sequence[CashierCount] = ()
) -> str:
    """What is booked by payment method, each with its cashiers and their own counts, and a summary."""
    lines = []
    for method in found.codes("cash"):
        lines.append(amount_line(house, method, found.total("cash", code=method)))
        lines += _cashiers(house, known, found, method, handed_over)
    return "\n".join([*lines, *_summary(house, found)])


def amount_line(house: House, method: str, amount_fen: int) -> str:
    """现金 ¥1,280.00."""
    return texts.say(
        house.shop, "day_method", method=method_name(house, method), amount=format_fen(amount_fen)
    )


def count_lines(house: House, counts: Sequence[tuple[str, int, int, str]]) -> str:
    """现金 账上 ¥1,280.00 · 实点 ¥1,260.00 · 少 ¥20.00（原因）; of (method, booked, counted, reason)."""
    return "\n".join(_count_line(house, *each) for each in counts)


def owner_message(
    house: House, close: DayClose, counts: Sequence[Count], known: Mapping[str, str], root: str
) -> str:
    """The figures and the seal, as they go to the owner's WeChat and so out of the database."""
    told = texts.say(
        house.shop,
        "day_close_owner",
        store=house.shop.store(close.store_id).name,
        day=day_name(close.day),
        entries=close.entries,
        counts=count_lines(
            house, [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in counts]
        ),
        summary="\n".join(_summary(house, close.figures)),
        closer=actor_name(house, known, f"staff:{close.closed_by}"),
        time=moment(house, close.closed_at),
        root=root,
    )
    return told.encode()[:MAX_MESSAGE_BYTES].decode(errors="ignore")


def correction_message(house: House, acting: Staff, close: DayClose, counts: Sequence[Count]) -> str:
    latest = {c.payment_method: c for c in counts if c.revision}
    lines = [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in latest.values()]
    return texts.say(
        house.shop,
        "day_correction_owner",
        store=house.shop.store(close.store_id).name,
        day=day_name(close.day),
        counts=count_lines(house, lines),
        staff=acting.name,
    )


def _cashiers(
    house: House,
    known: Mapping[str, str],
    found: Figures,
    method: str,
    handed_over: Sequence[CashierCount] = (),
) -> list[str]:
    by_cashier = found.cashiers(method)
    if len(by_cashier) > MAX_CASHIERS:
        return []
    own = {f"staff:{each.staff_id}": each for each in handed_over if each.payment_method == method}
    return [
        texts.say(
            house.shop,
            "day_cashier",
            name=actor_name(house, known, actor),
            entries=entries,
            amount=format_fen(amount),
            own=_own_count(house, own.get(actor)),
        )
        for actor, entries, amount in by_cashier
    ]


def _own_count(house: House, own: CashierCount | None) -> str:
    """（交班点 ¥780.00，少 ¥20.00：找零多给）; "" when he did not hand over."""
    if own is None:
        return ""
    difference_fen = own.counted_fen - own.booked_fen
    if difference_fen == 0:
        return texts.say(house.shop, "day_own_right", counted=format_fen(own.counted_fen))
    return texts.say(
        house.shop,
        "day_own_short" if difference_fen < 0 else "day_own_over",
        counted=format_fen(own.counted_fen),
        difference=format_fen(abs(difference_fen)),
        reason=own.reason,
    )


def _count_line(house: House, method: str, booked_fen: int, counted_fen: int, reason: str) -> str:
    if booked_fen == counted_fen:
        name = "day_count_right"
    else:
        name = "day_count_short" if counted_fen < booked_fen else "day_count_over"
    return texts.say(
        house.shop,
        name,
        method=method_name(house, method),
        booked=format_fen(booked_fen),
        counted=format_fen(counted_fen),
        difference=format_fen(abs(counted_fen - booked_fen)),
        reason=f"（{reason}）" if reason else "",
    )


def _summary(house: House, found: Figures) -> list[str]:
    stored = found.total("revenue", code="paid_in") + found.total("revenue", code="gift")
    paid_out = -sum(x.amount for x in found.lines if x.kind == "cash" and x.event == "refund")
    parts = (
        ("day_top_ups", sum(x.amount for x in found.lines if x.kind == "cash" and x.event == "top_up")),
        ("day_gifts", found.total("gift_cost")),
        ("day_sales", found.total("revenue")),
        ("day_sales_stored", stored),
        ("day_refunds", paid_out),
    )
    return [texts.say(house.shop, name, amount=format_fen(fen)) for name, fen in parts if fen]


def month_name(first: date) -> str:
    """2026年11月."""
    return f"{first.year}年{first.month}月"


def month_lines(
    house: House, known: Mapping[str, str], found: Figures, counts: Iterable[Sequence[Count]]
) -> str:
    """By payment method: booked, the difference of all counts together, the cashiers; then the summary."""
    variance: dict[str, int] = {}
    for each in (count for day in counts for count in day):
        variance[each.payment_method] = variance.get(each.payment_method, 0) + each.variance_fen
    lines = []
    for method in sorted({*found.codes("cash"), *variance}):
        booked = found.total("cash", code=method)
        counted = booked + variance.get(method, 0)
        lines.append(_count_line(house, method, booked, counted, ""))
        lines += _cashiers(house, known, found, method)
    return "\n".join([*lines, *_summary(house, found)])


def month_owner_message(
    house: House, store_id: str, first: date, found: Figures, variances: int, acting: Staff, root: str
) -> str:
    told = texts.say(
        house.shop,
        "month_close_owner",
        store=house.shop.store(store_id).name,
        month=month_name(first),
        entries=found.entries,
        summary="\n".join(_summary(house, found)),
        variances=variances,
        closer=acting.name,
        root=root,
    )
    return told.encode()[:MAX_MESSAGE_BYTES].decode(errors="ignore")
