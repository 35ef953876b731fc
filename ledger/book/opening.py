"""Opening balances from an old system: a CSV file, checked whole, then posted card by card, as often as you
like.

Columns (header row, any order): card_no, name, phone, paid_in, gift, gift_expires_on, points,
points_expires_on, entitlements. Money in yuan with up to two decimals; dates as 2026-12-31 (the last good
day, in the shop's zone); entitlements as "facial:times:3:2026-12-31; yoga:lessons:10" (the date may be left
out). Only card_no must be filled.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import Connection, text

from ledger.book.events import entitlement_items, grant_item
from ledger.book.posting import as_content, check_amounts, post
from ledger.book.values import EntitlementGrant, Header, Outcome, Posted

COLUMNS = frozenset(
    {
        "card_no",
        "name",
        "phone",
        "paid_in",
        "gift",
        "gift_expires_on",
        "points",
        "points_expires_on",
        "entitlements",
    }
)
_YUAN = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?")
_ENTITLEMENT = re.compile(r"([^:;\s]+):([^:;\s]+):(\d{1,9})(?::(\d{4}-\d\d-\d\d))?")


@dataclass(frozen=True)
class OpeningRow:
    """One card of the old system; expiries are moments, the first at which it is no longer good."""

    line: int
    card_no: str
    name: str
    phone: str | None
    paid_in_fen: int
    gift_fen: int
    gift_expires_at: datetime | None
    points: int
    points_expires_at: datetime | None
    entitlements: tuple[EntitlementGrant, ...]


@dataclass(frozen=True)
class RowError:
    line: int
    message: str


@dataclass
class ImportReport:
    """How many cards were posted now, and how many had been before."""

    posted: int = 0
    already: int = 0


def read_rows(lines: Iterable[str], zone: tzinfo) -> tuple[list[OpeningRow], list[RowError]]:
    """Parse the whole file; every bad row is named, by its line."""
    reader = csv.DictReader(lines)
    unknown = set(reader.fieldnames or ()) - COLUMNS
    if unknown or "card_no" not in (reader.fieldnames or ()):
        problem = f"unknown columns: {', '.join(sorted(unknown))}" if unknown else "no column card_no"
        return [], [RowError(1, problem)]
    rows, errors, seen = [], [], set()
    for raw in reader:
        try:
            row = _row(reader.line_num, {k: (v or "").strip() for k, v in raw.items() if k}, zone)
            if row.card_no in seen:
                raise ValueError(f"card {row.card_no} is there twice")
            seen.add(row.card_no)
            rows.append(row)
        except ValueError as error:
            errors.append(RowError(reader.line_num, str(error)))
    return rows, errors


def _row(line: int, raw: dict[str, str], zone: tzinfo) -> OpeningRow:
    if not raw["card_no"]:
        raise ValueError("card_no is empty")
    phone = raw.get("phone") or None
    if phone is not None and not re.fullmatch(r"\d{5,15}", phone):
        raise ValueError(f"not a phone number: {phone}")
    return OpeningRow(
        line=line,
        card_no=raw["card_no"],
        name=raw.get("name") or raw["card_no"],
        phone=phone,
        paid_in_fen=_fen(raw.get("paid_in", "")),
        gift_fen=_fen(raw.get("gift", "")),
        gift_expires_at=_after(raw.get("gift_expires_on", ""), zone),
        points=_count(raw.get("points", "")),
        points_expires_at=_after(raw.get("points_expires_on", ""), zone),
        entitlements=_entitlements(raw.get("entitlements", ""), zone),
    )


def _fen(yuan: str) -> int:
    match = _YUAN.fullmatch(yuan or "0")
    if match is None:
        raise ValueError(f"not an amount in yuan: {yuan}")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _count(number: str) -> int:
    if not re.fullmatch(r"\d{0,12}", number):
        raise ValueError(f"not a number of points: {number}")
    return int(number or 0)


def _after(last_day: str, zone: tzinfo) -> datetime | None:
    """The moment after the last good day."""
    if not last_day:
        return None
    return datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), time(), tzinfo=zone)


def _entitlements(listed: str, zone: tzinfo) -> tuple[EntitlementGrant, ...]:
    grants = []
    for part in filter(None, (part.strip() for part in listed.split(";"))):
        match = _ENTITLEMENT.fullmatch(part)
        if match is None:
            raise ValueError(f"not an entitlement (code:unit:amount:date): {part}")
        grants.append(EntitlementGrant(match[1], match[2], int(match[3]), _after(match[4] or "", zone)))
    return tuple(grants)


def post_opening(connection: Connection, header: Header, row: OpeningRow) -> Outcome:
    """Post one card's balances against the account "opening"; for an empty card, without postings."""
    check_amounts(paid_in_fen=row.paid_in_fen, gift_fen=row.gift_fen, points=row.points)
    grants = [
        grant_item("paid_in", "fen", row.paid_in_fen, "opening"),
        grant_item("gift", "fen", row.gift_fen, "opening", row.gift_expires_at),
        grant_item("points", "points", row.points, "opening", row.points_expires_at),
        *entitlement_items(row.entitlements, "opening"),
    ]
    grants = [grant for grant in grants if grant["amount"]]
    content = {
        "card_no": row.card_no,
        "paid_in_fen": row.paid_in_fen,
        "gift_fen": row.gift_fen,
        "points": row.points,
        "entitlements": as_content(row.entitlements),
    }
    return post(connection, header, "opening", content, {"grants": grants})


def import_rows(
    connection: Connection,
    rows: Iterable[OpeningRow],
    *,
    source: str,
    store_id: str,
    actor: str,
    now: datetime,
    member_of: Callable[[OpeningRow], int],
) -> ImportReport:
    """Post the rows under the keys `opening:<source>:<card_no>`, so that a second run changes nothing.

    Args:
        source: a name for the old system, part of the keys.
        member_of: finds or makes the member of a row; called only for cards that were not posted before.

    Raises:
        KeyConflict: the card was imported before with other balances.
    """
    report = ImportReport()
    for row in rows:
        key = f"opening:{source}:{row.card_no}"
        header = Header(
            key=key,
            store_id=store_id,
            actor=actor,
            member_id=_member_before(connection, key) or member_of(row),
            occurred_at=now,
            recorded_at=now,
        )
        outcome = post_opening(connection, header, row)
        if isinstance(outcome, Posted) and not outcome.replayed:
            report.posted += 1
        else:
            report.already += 1
    return report


def _member_before(connection: Connection, key: str) -> int | None:
    found: int | None = connection.execute(
        text("SELECT member_id FROM transfer WHERE key = :key"), {"key": key}
    ).scalar_one_or_none()
    return found
