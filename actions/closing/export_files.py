"""Tables as files: xlsx for people, csv for programs and for Excel (features B8).

Amounts are exact: fen become yuan with two decimals, never through arithmetic on floats. Text stays text: a
name that begins with = + - @ must not become a formula in somebody's Excel.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "money", "number", "date", "moment"]
Cell = str | int | date | datetime | None
MAX_SHEET_ROWS = 1_048_576  # Excel's own limit
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Column:
    """One column: money cells are fen, numbers are whole; `total`: its sum stands in the last row."""

    heading: str
    kind: Kind = "text"
    width: int = 12
    total: bool = False


@dataclass(frozen=True)
class Table:
    """`name` becomes the sheet's name and the csv file's suffix; datetimes are local, without a zone."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]


class TooManyRowsError(Exception):
    """More rows than Excel holds: export them as csv."""


def write_xlsx(path: Path, title: str, tables: Sequence[Table]) -> None:
    """One sheet a table: headings, widths, number formats, a row of totals; written row by row.

    Raises:
        TooManyRowsError: a table has more rows than a sheet holds.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": title})
        formats = _formats(workbook)
        for table in tables:
            _write_sheet(workbook.add_worksheet(table.name[:31]), table, formats)


def write_csv(path: Path, tables: Sequence[Table]) -> tuple[Path, ...]:
    """One file a table, in UTF-8 with a mark, so that Excel reads the Chinese; the files written.

    The first table goes to `path`, every other to a file beside it that carries the table's name.
    """
    written = []
    for place, table in enumerate(tables):
        target = path if place == 0 else path.with_name(f"{path.stem}-{table.name}{path.suffix}")
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.heading for column in table.columns])
            totals = _Totals(table.columns)
            for row in table.rows:
                totals.add(row)
                writer.writerow([_plain(c.kind, cell) for c, cell in zip(table.columns, row, strict=True)])
            if totals.wanted:
                writer.writerow(
                    [_plain(c.kind, cell) for c, cell in zip(table.columns, totals.row(), strict=True)]
                )
        written.append(target)
    return tuple(written)


def yuan(amount_fen: int) -> Decimal:
    """Fen as yuan with two decimals, exact."""
    return Decimal(amount_fen).scaleb(-2)


class _Totals:
    """The sums of the columns that have one, while the rows pass by."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._sums = [0] * len(columns)
        self.wanted = any(column.total for column in columns)

    def add(self, row: Sequence[Cell]) -> None:
        for place, (column, cell) in enumerate(zip(self._columns, row, strict=True)):
            if column.total and isinstance(cell, int):
                self._sums[place] += cell

    def row(self) -> list[Cell]:
        sums = zip(self._columns, self._sums, strict=True)
        cells: list[Cell] = [found if column.total else None for column, found in sums]
        if not self._columns[0].total:
            cells[0] = "合计"
        return cells


def _formats(workbook: Workbook) -> dict[str, Format]:
    bold = {"bold": True, "top": 1}
    looks: dict[str, dict[str, object]] = {
        "heading": {"bold": True, "bottom": 1, "text_wrap": True},
        "text": {},
        "money": {"num_format": "#,##0.00"},
        "number": {"num_format": "#,##0"},
        "date": {"num_format": "yyyy-mm-dd"},
        "moment": {"num_format": "yyyy-mm-dd hh:mm"},
    }
    looks.update({f"total {kind}": {**look, **bold} for kind, look in looks.items() if kind != "heading"})
    return {name: workbook.add_format(look) for name, look in looks.items()}


def _write_sheet(sheet: Worksheet, table: Table, formats: dict[str, Format]) -> None:
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.heading, formats["heading"])
    sheet.freeze_panes(1, 0)
    totals, line = _Totals(table.columns), 0
    for row in table.rows:
        line += 1
        if line >= MAX_SHEET_ROWS - 1:
            raise TooManyRowsError(table.name)
        totals.add(row)
        _write_row(sheet, line, table.columns, row, formats, "")
    if line:
        sheet.autofilter(0, 0, line, len(table.columns) - 1)
    if totals.wanted:
        _write_row(sheet, line + 1, table.columns, totals.row(), formats, "total ")


def _write_row(
    sheet: Worksheet,
    line: int,
    columns: Sequence[Column],
    row: Sequence[Cell],
    formats: dict[str, Format],
    look: str,
) -> None:
    for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
        form = formats[f"{look}{column.kind}"]
        if cell is None:
            sheet.write_blank(line, place, None, form)
        elif isinstance(cell, str):
            sheet.write_string(line, place, cell, form)
        elif isinstance(cell, int):
            sheet.write_number(line, place, yuan(cell) if column.kind == "money" else cell, form)
        else:
            sheet.write_datetime(line, place, cell, form)


def _plain(kind: Kind, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, int):
        return f"{yuan(cell):.2f}" if kind == "money" else str(cell)
    return f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else f"{cell:%Y-%m-%d}"
