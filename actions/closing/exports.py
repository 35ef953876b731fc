"""What is exported: day close, month close, settlement, entries (features B8, B9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from actions.closing import day_close_words
from actions.closing.export_files import Cell, Column, Table, write_csv, write_xlsx
from actions.closing.settlement import month_bounds
from actions.house import House
from actions.patience import patient
from actions.review.limits import day_bounds
from ledger.book import transfer_number
from ledger.records import acts, day_closes
from ledger.records.day_closes import DayClose
from ledger.reports.export_rows import EntryRow, entries
from ledger.reports.settlement import settlement
from shop import texts, words
from shop.model import UnknownIdError

What = Literal["day", "month", "settlement", "entries"]
Format = Literal["xlsx", "csv"]


@dataclass(frozen=True)
class Wanted:
    """What to export: `first` and `last` day, both included; `store_id` None: every store."""

    what: What
    first: date
    last: date
    store_id: str | None = None


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def export(house: House, wanted: Wanted, *, file_format: Format, path: Path, origin: str) -> tuple[Path, ...]:
    """Write the files, one state of the book throughout, and sign that they were taken.

    Who may call this: the operator at the command line, where the settings and the database already are.

    Args:
        origin: who or what asked, for the log of acts.

    Raises:
        UnknownIdError: no such store in the shop.
        TooManyRowsError: more rows than a sheet of xlsx holds.
    """
    if wanted.store_id is not None:
        house.shop.store(wanted.store_id)
    engine = house.engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        patient(connection, seconds=1800)
        tables = _TABLES[wanted.what](house, connection, wanted)
        if file_format == "xlsx":
            write_xlsx(path, f"{house.shop.name} {_TITLES[wanted.what]}", tables)
            written: tuple[Path, ...] = (path,)
        else:
            written = write_csv(path, tables)
        acts.record(
            connection,
            actor=origin,
            what="export",
            at=house.clock(),
            origin=origin,
            key="",
            store_id=wanted.store_id,
            detail={
                "what": wanted.what,
                "first": wanted.first.isoformat(),
                "last": wanted.last.isoformat(),
                "files": [each.name for each in written],
            },
        )
    return written


def _closes(house: House, connection: Connection, wanted: Wanted) -> tuple[Table, ...]:
    """Counted against booked by day and method; the cashiers' part in it; every count ever made."""
    closes = day_closes.between(connection, wanted.first, wanted.last, store_id=wanted.store_id)
    known = day_close_words.names(connection)
    counts = {close.id: day_closes.counts(connection, close.id) for close in closes}
    standing = [
        (
            _store(house, close.store_id),
            close.day,
            day_close_words.method_name(house, each.payment_method),
            each.booked_fen,
            each.counted_fen,
            each.variance_fen,
            each.reason,
            day_close_words.actor_name(house, known, f"staff:{close.closed_by}"),
            _local(house, close.closed_at),
            close.root.hex(),
        )
        for close in closes
        for each in day_closes.standing(counts[close.id])
    ]
    history = [
        (
            _store(house, close.store_id),
            close.day,
            day_close_words.method_name(house, each.payment_method),
            each.revision,
            each.booked_fen,
            each.counted_fen,
            each.variance_fen,
            each.reason,
            day_close_words.actor_name(house, known, f"staff:{each.counted_by}"),
            None if each.counted_at is None else _local(house, each.counted_at),
        )
        for close in closes
        for each in counts[close.id]
    ]
    cashiers = [row for close in closes for row in _cashier_rows(house, connection, known, close)]
    return (
        Table("日结", _CLOSE_COLUMNS, standing),
        Table("收银员", _CASHIER_COLUMNS, cashiers),
        Table("点数记录", _COUNT_COLUMNS, history),
    )


def _cashier_rows(
    house: House, connection: Connection, known: day_close_words.Names, close: DayClose
) -> Iterator[Sequence[Cell]]:
    """What each cashier took by method, and what he counted when he handed over last, if he did."""
    handed_over = day_closes.handed_over(connection, close.store_id, close.day, close.day)
    own = {(f"staff:{each.staff_id}", each.payment_method): each for each in handed_over}
    for method in close.figures.codes("cash"):
        for actor, count, amount_fen in close.figures.cashiers(method):
            counted = own.get((actor, method))
            yield (
                _store(house, close.store_id),
                close.day,
                day_close_words.method_name(house, method),
                day_close_words.actor_name(house, known, actor),
                count,
                amount_fen,
                counted.booked_fen if counted else None,
                counted.counted_fen if counted else None,
                counted.counted_fen - counted.booked_fen if counted else None,
                counted.reason if counted else "",
            )


def _settlement(house: House, connection: Connection, wanted: Wanted) -> tuple[Table, ...]:
    start, end = month_bounds(house, wanted.first)
    found = settlement(connection, start=start, end=end)
    own = wanted.store_id
    flows = [
        (_store(house, flow.received_at), _store(house, flow.spent_at), flow.entries, flow.amount_fen)
        for flow in found.flows
        if own in (None, flow.received_at, flow.spent_at)
    ]
    payments = [
        (_store(house, each.payer), _store(house, each.payee), each.amount_fen)
        for each in found.payments
        if own in (None, each.payer, each.payee)
    ]
    positions = [(_store(house, store), fen) for store, fen in found.positions if own in (None, store)]
    return (
        Table("付款", _PAYMENT_COLUMNS, payments),
        Table("往来", _FLOW_COLUMNS, flows),
        Table("净额", _POSITION_COLUMNS, positions),
    )


def _entries(house: House, connection: Connection, wanted: Wanted) -> tuple[Table, ...]:
    zone = house.shop.zone
    start, end = day_bounds(wanted.first, zone)[0], day_bounds(wanted.last, zone)[1]
    rows = entries(connection, start=start, end=end, store_id=wanted.store_id)
    known = day_close_words.names(connection)
    return (Table("明细", _ENTRY_COLUMNS, (_entry(house, known, row) for row in rows)),)


def _entry(house: House, known: day_close_words.Names, row: EntryRow) -> Sequence[Cell]:
    return (
        transfer_number(row.transfer_id),
        _local(house, row.recorded_at),
        _local(house, row.occurred_at),
        _store(house, row.store_id),
        _kind(house, row.kind),
        row.member_id,
        row.member_name,
        words.masked_phone(row.member_phone) if row.member_phone else "",
        day_close_words.method_names(house, row.payment_methods),
        row.cash_fen,
        row.sales_fen,
        row.paid_in_fen,
        row.gift_fen,
        row.points,
        row.staff_name or day_close_words.actor_name(house, known, row.actor),
        row.approved_by or "",
        "" if row.reverses is None else transfer_number(row.reverses),
        row.memo,
    )


def _store(house: House, store_id: str) -> str:
    try:
        return house.shop.store(store_id).name
    except UnknownIdError:
        return store_id


def _kind(house: House, kind: str) -> str:
    name = f"entry_kind_{kind}"
    return texts.say(house.shop, name) if name in texts.TEXTS else kind


def _local(house: House, at: datetime) -> datetime:
    """The shop's own time without its zone: Excel knows none."""
    return at.astimezone(house.shop.zone).replace(tzinfo=None, microsecond=0)


_STORE, _DAY = Column("门店", width=14), Column("日期", "date", 12)
_METHOD = Column("付款方式", width=12)
_CLOSE_COLUMNS = (
    _STORE,
    _DAY,
    _METHOD,
    Column("账上（元）", "money", 14, total=True),
    Column("实点（元）", "money", 14, total=True),
    Column("差异（元）", "money", 14, total=True),
    Column("差异原因", width=30),
    Column("日结人", width=12),
    Column("日结时间", "moment", 18),
    Column("账本封存码", width=68),
)
_CASHIER_COLUMNS = (
    _STORE,
    _DAY,
    _METHOD,
    Column("收银员", width=12),
    Column("笔数", "number", 8, total=True),
    Column("金额（元）", "money", 14, total=True),
    Column("交班账上（元）", "money", 14),
    Column("交班实点（元）", "money", 14),
    Column("交班差异（元）", "money", 14, total=True),
    Column("交班差异原因", width=30),
)
_COUNT_COLUMNS = (
    _STORE,
    _DAY,
    _METHOD,
    Column("第几次更正", "number", 12),
    Column("账上（元）", "money", 14),
    Column("实点（元）", "money", 14),
    Column("差异（元）", "money", 14),
    Column("原因", width=30),
    Column("点数人", width=12),
    Column("时间", "moment", 18),
)
_PAYMENT_COLUMNS = (
    Column("付款门店", width=14),
    Column("收款门店", width=14),
    Column("金额（元）", "money", 14, total=True),
)
_FLOW_COLUMNS = (
    Column("收款门店", width=14),
    Column("消费门店", width=14),
    Column("笔数", "number", 8, total=True),
    Column("金额（元）", "money", 14, total=True),
)
_POSITION_COLUMNS = (_STORE, Column("应付（元，负数为应收）", "money", 24, total=True))
_ENTRY_COLUMNS = (
    Column("单号", width=12),
    Column("入账时间", "moment", 18),
    Column("发生时间", "moment", 18),
    _STORE,
    Column("类型", width=10),
    Column("会员号", "number", 10),
    Column("会员", width=12),
    Column("手机", width=14),
    Column("付款方式", width=14),
    Column("收款（元）", "money", 14, total=True),
    Column("消费（元）", "money", 14, total=True),
    Column("本金变动（元）", "money", 15, total=True),
    Column("赠送金变动（元）", "money", 16, total=True),
    Column("积分变动", "number", 10, total=True),
    Column("经手人", width=12),
    Column("审核人", width=12),
    Column("冲正单号", width=12),
    Column("备注", width=30),
)
_TITLES: dict[What, str] = {"day": "日结", "month": "月结", "settlement": "跨店清分", "entries": "明细"}
_TABLES = {"day": _closes, "month": _closes, "settlement": _settlement, "entries": _entries}
