"""A staff member's own entries, and one entry by its number (features C1, C2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from actions import rights
from actions.house import Denied, House
from actions.review import limits
from ledger.book import transfer_number
from ledger.reports import single_entries as entries
from ledger.reports.single_entries import Entry


@dataclass(frozen=True)
class WorkLog:
    """One day of one person.

    Attributes:
        entries: newest first.
        cash: fen by payment method: what came in less what was paid out, reversals counted.
        stored_fen: stored value that was spent (less what reversals gave back).
    """

    day: date
    staff_name: str
    entries: tuple[Entry, ...]
    cash: tuple[tuple[str, int], ...]
    stored_fen: int


def read_own(house: House, *, staff_openid: str, day: date | None = None) -> WorkLog | Denied:
    """What this staff member booked on a day of the shop, today when none is named."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        wanted = day or limits.shop_day(house.clock(), house.shop.zone)
        start, end = limits.day_bounds(wanted, house.shop.zone)
        found = entries.of_staff(connection, acting.id, start=start, end=end)
    cash: dict[str, int] = defaultdict(int)
    for entry in found:
        for method_id, fen in entry.cash:
            cash[method_id] += fen
    order = [method.id for method in house.shop.payment_methods]
    totals = sorted(
        cash.items(), key=lambda pair: (pair[0] not in order, order.index(pair[0]) if pair[0] in order else 0)
    )
    spent = -sum(entry.stored_fen for entry in found if _is_sale(entry))
    return WorkLog(wanted, acting.name, found, tuple(totals), spent)


def _is_sale(entry: Entry) -> bool:
    """A purchase, or what undid one: top-ups and refunds move stored value for other reasons."""
    return "purchase" in (entry.kind, entry.reversed_kind)


def read_entry(house: House, *, staff_openid: str, transfer_id: int) -> Entry | Denied:
    """One entry; a store sees its own, head office and the owner all."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        found = entries.by_number(connection, transfer_id)
        number = transfer_number(transfer_id)
        if found is None:
            return Denied("no_such_entry", {"number": number})
        if acting.role not in rights.CHAIN_ROLES and found.store_id != acting.store_id:
            store = next((s.name for s in house.shop.stores if s.id == found.store_id), found.store_id)
            return Denied("entry_other_store", {"number": number, "store": store})
        rights.sign(connection, acting, "look_up", at=house.clock(), member_id=found.member_id)
        return found
