"""Why a transfer gave and took what it did, under which version of the shop's rules (rows B2, B3, C3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import LiteralString, Protocol

from sqlalchemy import Connection

from ledger.book.driver import call

MAX_REASONS = 50

ReasonValue = str | int | bool | Sequence[str] | None


@dataclass(frozen=True)
class Reason:
    """One thing the rules decided: `code` says which rule ("tier", "level_price"), `values` with what.

    Values are plain: ids of the shop, fen, points, counts, ISO moments; never a person's name or phone.
    """

    code: str
    values: Mapping[str, ReasonValue] = field(default_factory=dict)


class Explains(Protocol):
    """Anything shaped like a Reason: the pure rules of `shop` have their own, `shop.reasons.Why`."""

    @property
    def code(self) -> str: ...

    @property
    def values(self) -> Mapping[str, ReasonValue]: ...


@dataclass(frozen=True)
class Explained:
    """What is kept of a transfer: the rules it was made under and what they decided."""

    rules_version: str
    reasons: tuple[Reason, ...]


_WRITE: LiteralString = """
    INSERT INTO transfer_reason (transfer_id, rules_version, reasons) VALUES (%s, %s, %s)
    ON CONFLICT (transfer_id) DO NOTHING
    RETURNING transfer_id
"""


def write(
    connection: Connection, *, transfer_id: int, rules_version: str, reasons: Sequence[Explains]
) -> None:
    """Keep the reasons of a transfer that was just posted; they never change; a second writing is ignored.

    Args:
        rules_version: `Shop.version` of the shop the transfer was made under.
        reasons: at most 50, in the order in which they were decided.
    """
    if len(reasons) > MAX_REASONS:
        raise ValueError(f"more than {MAX_REASONS} reasons for one transfer")
    call(connection, _WRITE, (transfer_id, rules_version, as_json(reasons)))


def as_json(reasons: Sequence[Explains]) -> str:
    """The reasons as they are kept, for callers that write them within a larger statement."""
    plain = [{"code": reason.code, "values": dict(reason.values)} for reason in reasons]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def of_transfer(connection: Connection, transfer_id: int) -> Explained | None:
    """Why that transfer was made as it was; None when nothing was kept of it."""
    statement: LiteralString = "SELECT rules_version, reasons FROM transfer_reason WHERE transfer_id = %s"
    row = call(connection, statement, (transfer_id,))
    if row is None:
        return None
    return Explained(row[0], tuple(Reason(each["code"], each["values"]) for each in row[1]))
