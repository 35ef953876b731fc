"""The exported files, opened as Excel and a program would: exact money, Chinese headings, no formulas."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.worksheet.worksheet import Worksheet
from review_support import Counter, counter, new_member
from sqlalchemy import Engine

from actions.closing import day_close, exports, handover
from actions.closing.day_close import ClosedDay, CloseQuote
from actions.closing.export_files import Column, Table, TooManyRowsError, write_csv, write_xlsx
from actions.closing.exports import Wanted
from bot.cli import main
from ledger import book
from ledger.book import Header, Line
from shop.model import UnknownIdError

DAY = date(2026, 11, 21)
EVIL = '=HYPERLINK("http://x","点我")'


@pytest.fixture
def at(engine: Engine) -> Counter:
    """Two cashiers, three methods, awkward amounts, a purchase in another store, a closed day."""
    made = counter(engine)
    with engine.begin() as connection:
        evil = new_member(connection, EVIL, "13800138001")
        for n, (who, method, fen, member) in enumerate(
            (
                ("cashier", "cash", 10_001, made.member_id),
                ("cashier", "wechat", 199_999, made.member_id),
                ("second_cashier", "cash", 33, evil),
            )
        ):
            header = head(made, f"k{n}", who, member)
            book.top_up(connection, header, paid_fen=fen, payment_method=method, gift_fen=10, points=3)
        header = head(made, "p", "other_manager", made.member_id, store_id="wangjing")
        line = Line("x", "护理", "facial", 1, 150_007, 150_007)
        book.purchase(connection, header, lines=[line], stored_fen=150_007, spending_order="paid_in_first")
    own = handover.quote_handover(
        made.house, staff_openid=made.openid("second_cashier"), counts={"cash": 30}, reason="=少三分"
    )
    assert isinstance(own, CloseQuote)
    handover.hand_over(made.house, staff_openid=made.openid("second_cashier"), quote=own, key="h")
    close(made, {"cash": 10_000, "wechat": 199_999}, reason="+少三毛四")
    return made


def head(at: Counter, key: str, who: str, member_id: int, *, store_id: str = "guomao") -> Header:
    now = at.clock()
    return Header(key, store_id, f"staff:{at.people[who].id}", member_id, now, now, "-备注")


def close(at: Counter, counts: dict[str, int], *, reason: str) -> None:
    quote = day_close.quote_close(at.house, staff_openid=at.openid("manager"), counts=counts, reason=reason)
    assert isinstance(quote, CloseQuote)
    done = day_close.close_day(at.house, staff_openid=at.openid("manager"), quote=quote, key="close")
    assert isinstance(done, ClosedDay)


def xlsx(at: Counter, path: Path, wanted: Wanted) -> dict[str, Worksheet]:
    file = path / "out.xlsx"
    assert exports.export(at.house, wanted, file_format="xlsx", path=file, origin="test") == (file,)
    loaded = openpyxl.load_workbook(file)
    for sheet in loaded:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    return {sheet.title: sheet for sheet in loaded}


def rows(sheet: Worksheet) -> list[dict[str, object]]:
    headings, *rest = sheet.iter_rows(values_only=True)
    return [dict(zip((str(h) for h in headings), row, strict=True)) for row in rest]


def read_csv(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fen(value: object) -> int:
    """Yuan as Excel holds them, back to fen: exact, or the test fails."""
    assert isinstance(value, int | float)
    exact = Decimal(repr(value)) * 100
    assert exact == exact.to_integral_value(), value
    return int(exact)


def test_day_close_as_excel(at: Counter, tmp_path: Path) -> None:
    sheets = xlsx(at, tmp_path, Wanted("day", DAY, DAY))
    assert list(sheets) == ["日结", "收银员", "点数记录"]
    cash, wechat, total = rows(sheets["日结"])
    assert (cash["门店"], cash["付款方式"], cash["差异原因"]) == ("国贸店", "现金", "+少三毛四")
    assert [fen(cash[name]) for name in ("账上（元）", "实点（元）", "差异（元）")] == [10_034, 10_000, -34]
    assert (wechat["差异原因"], fen(wechat["差异（元）"])) in ((None, 0), ("", 0))
    assert total["门店"] == "合计"
    assert fen(total["账上（元）"]) == 10_034 + 199_999
    assert fen(total["差异（元）"]) == -34
    cashiers = rows(sheets["收银员"])
    assert [(r["付款方式"], r["收银员"], r["笔数"], fen(r["金额（元）"])) for r in cashiers[:-1]] == [
        ("现金", "cashier", 1, 10_001),
        ("现金", "second_cashier", 1, 33),
        ("微信", "cashier", 1, 199_999),
    ]
    assert fen(cashiers[-1]["金额（元）"]) == fen(total["账上（元）"])
    assert [r["交班实点（元）"] for r in cashiers[:-1]] == [None, 0.3, None]
    assert fen(cashiers[1]["交班差异（元）"]) == fen(cashiers[-1]["交班差异（元）"]) == -3
    assert cashiers[1]["交班差异原因"] == "=少三分"


def test_looks_of_the_sheet(at: Counter, tmp_path: Path) -> None:
    sheet = xlsx(at, tmp_path, Wanted("day", DAY, DAY))["日结"]
    assert sheet.column_dimensions["A"].width >= 12
    assert sheet.column_dimensions["G"].width >= 25
    assert sheet.freeze_panes == "A2"
    assert sheet["D2"].number_format == "#,##0.00"
    assert sheet["A1"].font.bold
    assert sheet["B2"].value == datetime(2026, 11, 21)  # noqa: DTZ001 - Excel knows no zones


def test_entries_are_text_where_they_are_text(at: Counter, tmp_path: Path) -> None:
    found = rows(xlsx(at, tmp_path, Wanted("entries", DAY, DAY))["明细"])
    *entries, total = found
    assert [r["类型"] for r in entries] == ["充值", "充值", "充值", "消费"]
    assert entries[2]["会员"] == EVIL
    assert entries[2]["手机"] == "138****8001"
    assert entries[0]["备注"] == "-备注"
    assert fen(total["收款（元）"]) == 10_001 + 199_999 + 33
    assert fen(total["消费（元）"]) == 150_007
    assert fen(total["本金变动（元）"]) == 10_001 + 199_999 + 33 - 150_007
    only = rows(xlsx(at, tmp_path, Wanted("entries", DAY, DAY, "wangjing"))["明细"])
    assert [r["类型"] for r in only[:-1]] == ["消费"]
    later = DAY + timedelta(days=1)
    assert rows(xlsx(at, tmp_path, Wanted("entries", later, later))["明细"])[:-1] == []


def test_csv_opens_in_excel_and_runs_nothing(at: Counter, tmp_path: Path) -> None:
    wanted = Wanted("entries", DAY, DAY)
    (file,) = exports.export(at.house, wanted, file_format="csv", path=tmp_path / "e.csv", origin="test")
    *entries, total = read_csv(file)
    assert entries[2]["会员"] == f"'{EVIL}"
    assert entries[0]["备注"] == "'-备注"
    assert entries[3]["本金变动（元）"] == "-1500.07"
    assert entries[2]["收款（元）"] == "0.33"
    assert total["收款（元）"] == "2100.33"
    assert "13800138001" not in file.read_text(encoding="utf-8-sig")


def test_csv_and_xlsx_say_the_same(at: Counter, tmp_path: Path) -> None:
    wanted = Wanted("day", DAY, DAY)
    files = exports.export(at.house, wanted, file_format="csv", path=tmp_path / "d.csv", origin="test")
    assert [file.name for file in files] == ["d.csv", "d-收银员.csv", "d-点数记录.csv"]
    sheets = xlsx(at, tmp_path, wanted)
    for file, sheet in zip(files, sheets.values(), strict=True):
        for written, shown in zip(read_csv(file), rows(sheet), strict=True):
            for heading, value in shown.items():
                if isinstance(value, int | float) and "元" in heading:
                    assert Decimal(written[heading]) * 100 == fen(value)


def test_settlement_and_month(at: Counter, tmp_path: Path) -> None:
    first, last = exports.month_of(DAY)
    sheets = xlsx(at, tmp_path, Wanted("settlement", first, last))
    payment, total = rows(sheets["付款"])
    assert (payment["付款门店"], payment["收款门店"]) == ("国贸店", "望京店")
    assert fen(payment["金额（元）"]) == fen(total["金额（元）"]) == 150_007
    *positions, zero = rows(sheets["净额"])
    assert [fen(r["应付（元，负数为应收）"]) for r in positions] == [150_007, -150_007]
    assert fen(zero["应付（元，负数为应收）"]) == 0
    month = rows(xlsx(at, tmp_path, Wanted("month", first, last))["日结"])
    assert fen(month[-1]["账上（元）"]) == 10_034 + 199_999
    assert rows(xlsx(at, tmp_path, Wanted("month", first, last, "wangjing"))["日结"])[:-1] == []


def test_an_export_is_signed_and_an_unknown_store_refused(at: Counter, tmp_path: Path) -> None:
    xlsx(at, tmp_path, Wanted("day", DAY, DAY))
    assert at.count("act", "what = 'export' AND actor = 'test'") == 1
    with pytest.raises(UnknownIdError):
        exports.export(
            at.house, Wanted("day", DAY, DAY, "mars"), file_format="csv", path=tmp_path / "x", origin="t"
        )


def test_more_rows_than_excel_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.closing.export_files.MAX_SHEET_ROWS", 5)
    table = Table("明细", (Column("金额", "money", total=True),), [[n] for n in range(9)])
    with pytest.raises(TooManyRowsError):
        write_xlsx(tmp_path / "x.xlsx", "t", [table])
    (file,) = write_csv(tmp_path / "x.csv", [table])
    assert len(read_csv(file)) == 10


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_every_start_of_a_formula_is_disarmed(tmp_path: Path, start: str) -> None:
    table = Table("t", (Column("名"), Column("数", "number")), [[f"{start}1+1", -5]])
    write_xlsx(tmp_path / "x.xlsx", "t", [table])
    cell = openpyxl.load_workbook(tmp_path / "x.xlsx")["t"]["A2"]
    assert cell.data_type == "s"
    (file,) = write_csv(tmp_path / "x.csv", [table])
    (row,) = read_csv(file)
    assert row["名"].startswith("'")
    assert row["数"] == "-5"


def test_the_command_writes_the_files_and_names_them(
    at: Counter, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHANGGUI_DATABASE_URL", database_url)
    monkeypatch.setenv("ZHANGGUI_REDIS_URL", "redis://127.0.0.1:1/0")

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["export", *arguments])
        return done.exit_code, done.output

    out = tmp_path / "d.xlsx"
    assert run("day", "--date", "2026-11-21", "--store", "guomao", "--out", str(out)) == (0, f"{out}\n")
    assert rows(openpyxl.load_workbook(out)["日结"])[-1]["门店"] == "合计"
    code, output = run("entries", "--date", "2026-11", "--format", "csv", "--out", str(tmp_path / "e.csv"))
    assert (code, output.splitlines()) == (0, [str(tmp_path / "e.csv")])
    assert len(read_csv(tmp_path / "e.csv")) == 5
    assert "there is no folder" in run("day", "--out", str(tmp_path / "no" / "x.xlsx"))[1]
    assert "--date is a day" in run("day", "--date", "2026-02-30")[1]
    assert "no store 'mars'" in run("day", "--store", "mars", "--out", str(out))[1]
