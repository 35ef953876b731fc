"""A fast loader of a large, sound book: 20 postings a wallet by COPY, with the real hash chains."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bench.ledger_cases import STAFF_OPENID
from ledger.book import chain
from ledger.book.posting import dump

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2036, 1, 1, tzinfo=UTC)
WALLETS_AT_ONCE = 2_000
TOP_UPS = 3  # of six postings each; then points of two
SHOP_ACCOUNTS = [("cash", "cash", "fen"), ("gift_cost", "", "fen"), ("points_cost", "", "points")]
COLUMNS = {
    "member": "id, name, phone, home_store_id, level, joined_at",
    "binding": "openid, member_id, bound_at",
    "account": "id, member_id, store_id, kind, code, unit, may_go_negative, balance",
    "wallet": "member_id, version, seq, head, recorded_at, next_expiry",
    "transfer": "id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,"
    " memo, result, seq, hash",
    "posting": "account_id, transfer_id, unit, amount, balance_after",
    "lot": "id, account_id, transfer_id, store_id, amount, remaining, expires_at",
}


@dataclass
class Batch:
    """Rows by table, and the next numbers."""

    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    transfer: int = 0
    lot: int = 0


def load(conninfo: str, wallets: int, console: Console) -> None:
    """Fill an empty, migrated database: members with bound phones, wallets, and a year of history."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers while loading
        connection.execute("SET synchronous_commit = off")
        indexes = _drop_indexes(connection)
        _shop_side(connection)
        batch = Batch()
        with Progress(
            "loading wallets", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        ) as bar:
            task = bar.add_task("", total=wallets)
            for first in range(1, wallets + 1, WALLETS_AT_ONCE):
                numbers = range(first, min(first + WALLETS_AT_ONCE, wallets + 1))
                for member_id in numbers:
                    _wallet(batch, member_id)
                _copy(connection, batch)
                bar.advance(task, len(numbers))
        console.print("indexes …")
        for statement in indexes:
            connection.execute(statement.encode())
        _set_sequences(connection)


def _drop_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Drop the indexes that no constraint owns, and return how to make them again."""
    rows = connection.execute("""
        SELECT i.indexname, i.indexdef FROM pg_indexes i
        WHERE i.tablename IN ('transfer', 'posting', 'lot') AND i.schemaname = 'public'
          AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
    """).fetchall()
    for name, _ in rows:
        connection.execute(f"DROP INDEX {name}".encode())
    return [str(definition) for _, definition in rows]


def _shop_side(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        for number, (kind, code, unit) in enumerate(SHOP_ACCOUNTS, start=1):
            cursor.execute(
                "INSERT INTO account (id, store_id, kind, code, unit, may_go_negative)"
                " OVERRIDING SYSTEM VALUE VALUES (%s, 'guomao', %s, %s, %s, true)",
                (number, kind, code, unit),
            )
        cursor.execute(
            "INSERT INTO staff (name, role, store_id, openid, created_at)"
            " VALUES ('小王', 'cashier', 'guomao', %s, %s)",
            (STAFF_OPENID, START),
        )


def _wallet(batch: Batch, member_id: int) -> None:
    rows = batch.rows
    phone = str(13000000000 + member_id)
    rows["member"].append((member_id, f"会员{member_id}", phone, "guomao", "silver", START))
    rows["binding"].append((f"bench-{member_id}", member_id, START))
    paid_in, gift, points = (member_id * 3 + 1 + n for n in range(3))
    held = {paid_in: 0, gift: 0, points: 0}
    head = chain.START
    for seq in range(1, TOP_UPS + 2):
        moved = {paid_in: (1, 1000), gift: (2, 100), points: (3, 10)} if seq <= TOP_UPS else {points: (3, 5)}
        for account, (_, amount) in moved.items():
            held[account] += amount
        head = _transfer(batch, member_id, seq, head, moved, held, (paid_in, gift, points))
    for account, kind, unit in (
        (paid_in, "paid_in", "fen"),
        (gift, "gift", "fen"),
        (points, "points", "points"),
    ):
        rows["account"].append((account, member_id, "", kind, "", unit, False, held[account]))
    last = START + timedelta(days=TOP_UPS + 1)
    rows["wallet"].append((member_id, TOP_UPS + 1, TOP_UPS + 1, head, last, FAR))


def _transfer(
    batch: Batch,
    member_id: int,
    seq: int,
    head: bytes,
    moved: dict[int, tuple[int, int]],
    held: dict[int, int],
    accounts: tuple[int, int, int],
) -> bytes:
    batch.transfer += 1
    number, kind = batch.transfer, "top_up" if seq <= TOP_UPS else "points_grant"
    at = START + timedelta(days=seq)
    units = dict(zip(accounts, ("fen", "fen", "points"), strict=True))
    shop = {shop_account: -amount for shop_account, amount in moved.values()}
    postings = [(a, units[a], x, held[a]) for a, (_, x) in moved.items()]
    postings += [(a, "points" if a == 3 else "fen", x, None) for a, x in shop.items()]
    grants = []
    for account, (shop_account, amount) in moved.items():
        batch.lot += 1
        grants.append((batch.lot, account, amount, None if shop_account == 1 else FAR, "guomao"))
    request = dump({"kind": kind, "member": member_id, "load": seq}, sort_keys=True)
    result = _result(seq, held, accounts)
    transfer = chain.ChainedTransfer(
        id=number,
        key=f"load-{member_id}-{seq}",
        fingerprint=hashlib.sha256(request.encode()).digest(),
        kind=kind,
        store_id="guomao",
        actor="staff:1",
        member_id=member_id,
        occurred_at=at,
        recorded_at=at,
        memo="",
        reverses=None,
        result=result,
        seq=seq,
        grants=grants,
        postings=postings,
    )
    head = chain.link(head, chain.digest(transfer))
    rows = batch.rows
    rows["transfer"].append(
        (
            number,
            transfer.key,
            transfer.fingerprint,
            request,
            kind,
            "guomao",
            "staff:1",
            member_id,
            at,
            at,
            "",
            result,
            seq,
            head,
        )
    )
    rows["posting"] += [(a, number, unit, x, after) for a, unit, x, after in postings]
    rows["lot"] += [(lot, a, number, store, x, x, until) for lot, a, x, until, store in grants]
    return head


def _result(version: int, held: dict[int, int], accounts: tuple[int, int, int]) -> str:
    paid_in, gift, points = (held[account] for account in accounts)
    kinds = [["gift", "", "fen", gift], ["paid_in", "", "fen", paid_in], ["points", "", "points", points]]
    return json.dumps({"version": version, "held": kinds})


def _copy(connection: psycopg.Connection[tuple[object, ...]], batch: Batch) -> None:
    with connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                for line in _lines(batch.rows[table]):
                    copy.write(line)
            batch.rows[table].clear()


def _lines(rows: Iterable[tuple[object, ...]]) -> Iterable[str]:
    """COPY's text form; nothing here holds a tab, newline or backslash but the hashes' own prefix."""
    for row in rows:
        yield "\t".join(_field(value) for value in row) + "\n"


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _set_sequences(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for table in ("member", "account", "transfer", "lot", "binding"):
        connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
        )
