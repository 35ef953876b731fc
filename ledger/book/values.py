"""The plain values of the book. Money is in fen, points in points, entitlements in their own unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SpendingOrder = Literal["paid_in_first", "gift_first", "pro_rata"]
MAX_AMOUNT = 10**12  # ten thousand million yuan in fen: far above any shop, far below bigint


@dataclass(frozen=True)
class Header:
    """Who did what where: the same for every event.

    Attributes:
        key: idempotency key, 1 to 300 characters, unique in the whole book, never pruned.
        actor: who did it, e.g. "staff:3", "member:12", "system".
        occurred_at: when it happened in the shop; `recorded_at`: now. Both aware.
            Lots expire by `recorded_at`.
    """

    key: str
    store_id: str
    actor: str
    member_id: int
    occurred_at: datetime
    recorded_at: datetime
    memo: str = ""


@dataclass(frozen=True)
class EntitlementBalance:
    """What is left of one entitlement: `amount` in `unit` ("times", "minutes", "lessons")."""

    code: str
    unit: str
    amount: int


@dataclass(frozen=True)
class Balances:
    """What a member holds and may use. `version` changes with every transfer and every lot that expires.

    `debt_fen` and `debt_points` are owed after a reversal that was carried as a debt (0 for nearly
    everybody); `deposit_fen` is money put down for bespoke orders.
    """

    version: int
    paid_in_fen: int
    gift_fen: int
    points: int
    entitlements: tuple[EntitlementBalance, ...]
    debt_fen: int = 0
    debt_points: int = 0
    deposit_fen: int = 0

    @property
    def stored_fen(self) -> int:
        """Stored value: paid-in and gift money together."""
        return self.paid_in_fen + self.gift_fen


@dataclass(frozen=True)
class Posted:
    """The event is in the book; `replayed` when it already was, and then with the balances of that time."""

    transfer_id: int
    replayed: bool
    balances: Balances


@dataclass(frozen=True)
class Refused:
    """The event was refused and the refusal is kept: the same key is answered the same way for ever.

    Codes: "changed" (another version than expected; detail: expected_version, version) and "insufficient"
    (detail: what, needed, available and, for entitlements, code); refunds and reversals have more.
    """

    code: str
    detail: dict[str, object]
    replayed: bool


Outcome = Posted | Refused


class KeyConflict(Exception):  # noqa: N818 - it is a fact about the request, not a failure of ours
    """The key was used before for something else. `field` names what differs."""

    def __init__(self, key: str, field: str, first: object, now: object) -> None:
        super().__init__(f"key {key!r} was used before with another {field}: {first!r}, now {now!r}")
        self.key = key
        self.field = field


class Busy(Exception):  # noqa: N818
    """The wallet stayed locked beyond the time limit. Nothing was written; try again with the same key."""


@dataclass(frozen=True)
class Grant:
    """What is given without anything being taken: money paid in by `payment_method`, gift money, points.

    Amounts of zero are left out. `…_expires_at` None: never.
    """

    paid_fen: int = 0
    payment_method: str = ""
    gift_fen: int = 0
    gift_expires_at: datetime | None = None
    points: int = 0
    points_expires_at: datetime | None = None


@dataclass(frozen=True)
class EntitlementGrant:
    """`amount` times, minutes or lessons of `code`, usable before `expires_at` (None: for ever)."""

    code: str
    unit: str
    amount: int
    expires_at: datetime | None = None


@dataclass(frozen=True)
class EntitlementUse:
    code: str
    amount: int


@dataclass(frozen=True)
class DepositUse:
    """Money put down before for the order `order_id` (row B6), used in its purchase."""

    order_id: str
    amount_fen: int


@dataclass(frozen=True)
class Line:
    """One line of a purchase; both prices are of the whole line, after `quantity`."""

    item_id: str
    name: str
    category: str
    quantity: int
    list_fen: int
    paid_fen: int


@dataclass(frozen=True)
class LotBalance:
    """What is left of one lot. `kind`: paid_in, gift, points, entitlement; `code`: the entitlement's."""

    lot_id: int
    kind: str
    code: str
    unit: str
    amount: int
    expires_at: datetime | None


@dataclass(frozen=True)
class StatementLine:
    """One transfer on a member's statement: what it moved, and what remained right after it."""

    transfer_id: int
    kind: str
    occurred_at: datetime
    store_id: str
    memo: str
    paid_in_fen: int
    gift_fen: int
    points: int
    entitlements: tuple[EntitlementBalance, ...]
    after: Balances
