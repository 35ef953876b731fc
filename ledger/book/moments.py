"""Point in time: the balance of any account at any moment, and the shop's derived balances with their
snapshots.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from ledger.book.posting import parse_balances
from ledger.book.values import Balances

SETTLE_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class ShopAccount:
    """Names an account of the shop: `kind` and `code` as in the chart of accounts (docs/ledger.md)."""

    store_id: str
    kind: str
    code: str = ""
    unit: str = "fen"


def balances_at(connection: Connection, member_id: int, *, at: datetime) -> Balances:
    """What the book said of a member at a moment (transfers recorded up to and at it). Expired lots that were
    not posted yet still count: this is the record, not the right to spend.
    """
    row = connection.execute(
        text("""
            SELECT t.result FROM transfer t
            WHERE t.member_id = :member AND t.seq <= ledger_seq_at(:member, :at) AND t.refused IS NULL
            ORDER BY t.seq DESC LIMIT 1
        """),
        {"member": member_id, "at": at},
    ).one_or_none()
    return parse_balances({"version": 0, "held": []} if row is None else row.result)


# The snapshot that is wholly at or before the moment, and the postings after it.
_SHOP_BALANCE = text("""
    WITH named AS (
        SELECT id FROM account WHERE member_id IS NULL AND store_id = :store_id AND kind = :kind
            AND code = :code AND unit = :unit
    ), snap AS (
        SELECT s.upto_transfer_id, s.balance FROM snapshot s JOIN named ON named.id = s.account_id
        WHERE s.recorded_through <= :at ORDER BY s.upto_transfer_id DESC LIMIT 1
    )
    SELECT coalesce((SELECT balance FROM snap), 0) + coalesce((
        SELECT sum(p.amount) FROM posting p JOIN named ON named.id = p.account_id
        WHERE p.transfer_id > coalesce((SELECT upto_transfer_id FROM snap), 0)
          AND (:newest OR (SELECT t.recorded_at FROM transfer t WHERE t.id = p.transfer_id) <= :at)), 0)
""")


def shop_balance(connection: Connection, account: ShopAccount, *, at: datetime | None = None) -> int:
    """The balance of a shop account now, or as it was recorded at a moment. 0 when there is no such account.

    In the book's sign: cash that came in is negative. A snapshot and the postings since.
    """
    bound = {
        "store_id": account.store_id,
        "kind": account.kind,
        "code": account.code,
        "unit": account.unit,
        "at": "infinity" if at is None else at,
        "newest": at is None,
    }
    return int(connection.execute(_SHOP_BALANCE, bound).scalar_one())


def take_snapshots(connection: Connection) -> int:
    """Fold the shop accounts' postings into new snapshots; the number of accounts. Needs its own transaction.

    Folds nothing this time when it takes longer than 5 s to know what is final.
    """
    upto = final_upto(connection, timeout_seconds=SETTLE_TIMEOUT_SECONDS)
    return 0 if upto is None else connection.execute(_FOLD, {"upto": upto}).rowcount


def final_upto(connection: Connection, *, timeout_seconds: float) -> int | None:
    """A transfer's number such that all up to it is committed or will never be; None: not known in time.

    Transfer numbers are given before commit, so a number below the newest may still appear. Only once every
    transaction older than ours has ended is all below it final: we wait for that. READ COMMITTED, and before
    the caller takes locks that those transactions may want.
    """
    upto = connection.execute(text("SELECT coalesce(max(id), 0) FROM transfer")).scalar_one()
    # A transfer locks its wallet, and so has its transaction number, before it takes its own number: whoever
    # holds a number below `upto` has a transaction number below ours.
    horizon = connection.execute(
        text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
    ).scalar_one()
    deadline = time.monotonic() + timeout_seconds
    while not _all_ended(connection, horizon):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.01)
    return int(upto)


def _all_ended(connection: Connection, horizon: int) -> bool:
    now = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) >= :horizon")
    return bool(connection.execute(now, {"horizon": horizon}).scalar_one())


_FOLD = text("""
    INSERT INTO snapshot (account_id, upto_transfer_id, balance, recorded_through)
    SELECT a.id, :upto, coalesce(s.balance, 0) + coalesce(tail.amount, 0),
           greatest(coalesce(s.recorded_through, '-infinity'), coalesce(tail.recorded_through, '-infinity'))
    FROM account a
    LEFT JOIN LATERAL (
        SELECT * FROM snapshot WHERE account_id = a.id ORDER BY upto_transfer_id DESC LIMIT 1) s ON true
    CROSS JOIN LATERAL (
        SELECT sum(p.amount) AS amount, max(t.recorded_at) AS recorded_through
        FROM posting p JOIN transfer t ON t.id = p.transfer_id
        WHERE p.account_id = a.id AND p.transfer_id > coalesce(s.upto_transfer_id, 0)
          AND p.transfer_id <= :upto) tail
    WHERE a.member_id IS NULL AND tail.amount IS NOT NULL
    ON CONFLICT DO NOTHING
""")
