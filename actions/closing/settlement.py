"""Settlement between stores, for those who see the whole chain (features B9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from actions import rights
from actions.house import Denied, House
from actions.patience import patient
from actions.review.limits import day_bounds, shop_day
from ledger.records import acts
from ledger.reports.settlement import Settlement, settlement

SETTLING_ROLES = frozenset({"manager", "head_office", "owner"})


@dataclass(frozen=True)
class MonthSettlement:
    """The settlement of one month, given by its first day; `running` when the month is not over.

    `store_id`: only this store's part was asked for by its manager; None: the whole chain.
    """

    month: date
    running: bool
    store_id: str | None
    settlement: Settlement


def month_bounds(house: House, month: date) -> tuple[datetime, datetime]:
    """The first moment of a month in the shop, and the first after it. `month`: any day of it."""
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    zone = house.shop.zone
    return day_bounds(first, zone)[0], day_bounds(following, zone)[0]


def settle_month(house: House, *, staff_openid: str, month: date | None = None) -> MonthSettlement | Denied:
    """Who owes whom for a month, this one by default. A manager sees what concerns his own store."""
    now = house.clock()
    today = shop_day(now, house.shop.zone)
    first = (month or today).replace(day=1)
    if first > today:
        return Denied("month_in_future", {"month": f"{first.year}年{first.month}月"})
    start, end = month_bounds(house, first)
    with house.engine.begin() as connection:
        patient(connection)
        acting = rights.require_staff(connection, staff_openid, roles=SETTLING_ROLES)
        if isinstance(acting, Denied):
            return acting
        own = None if acting.role in rights.CHAIN_ROLES else acting.store_id
        acts.record(
            connection,
            actor=f"staff:{acting.id}",
            what="settlement_read",
            at=now,
            origin=acting.openid or "",
            key="",
            staff_id=acting.id,
            store_id=own,
            detail={"month": first.isoformat()},
        )
        found = settlement(connection, start=start, end=end)
    return MonthSettlement(first, end > now, own, found if own is None else _of_store(found, own))


def _of_store(found: Settlement, store_id: str) -> Settlement:
    return Settlement(
        tuple(flow for flow in found.flows if store_id in (flow.received_at, flow.spent_at)),
        tuple(position for position in found.positions if position[0] == store_id),
        tuple(each for each in found.payments if store_id in (each.payer, each.payee)),
    )
