"""A fast loader of a large, sound book: 20 postings a wallet by COPY, with the real hash chains.

What is dropped for the time of loading (indexes, primary keys) is made again before anything is measured.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bench.ledger_cases import STAFF_OPENID
from ledger.book import chain
from ledger.book.posting import dump

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2036, 1, 1, tzinfo=UTC)
WALLETS_AT_ONCE = 5_000
TOP_UPS = 3  # of six postings each; then points of two
TRANSFERS = TOP_UPS + 1
SHOP_ACCOUNTS = [("cash", "cash", "fen"), ("gift_cost", "", "fen"), ("points_cost", "", "points")]
TOP_UP = (("fen", 1000, "\\N"), ("fen", 100, FAR.isoformat()), ("points", 10, FAR.isoformat()))
POINTS = (None, None, ("points", 5, FAR.isoformat()))
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
BARE = ("transfer", "posting", "lot")  # loaded without their indexes
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Batch:
    """Lines of COPY's text form by table, and the next numbers."""

    lines: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    transfer: int = 0
    lot: int = 0


def load(conninfo: str, wallets: int, console: Console) -> None:
    """Fill an empty, migrated database: members with bound phones, wallets, and a year of history."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers while loading
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        indexes = list(_drop_indexes(connection))
        _shop_side(connection)
        batch = Batch()
        columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            loading = bar.add_task("wallets", total=wallets)
            for first in range(1, wallets + 1, WALLETS_AT_ONCE):
                numbers = range(first, min(first + WALLETS_AT_ONCE, wallets + 1))
                for member_id in numbers:
                    _wallet(batch, member_id)
                _copy(connection, batch)
                bar.advance(loading, len(numbers))
            indexing = bar.add_task("indexes", total=len(indexes))
            for statement in indexes:
                connection.execute(statement.encode())
                bar.advance(indexing)
        _set_sequences(connection)


def _drop_indexes(connection: Connection) -> Iterator[str]:
    """Drop the indexes and keys of the large tables; yields how to make them again, each once."""
    keys = connection.execute(
        """SELECT c.conname, c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
           WHERE c.conrelid = ANY (%s::regclass[]) AND c.contype IN ('p', 'u') AND NOT EXISTS (
               SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)""",
        (list(BARE),),
    ).fetchall()
    for name, table, definition in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        yield f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
    plain = connection.execute(
        """SELECT i.indexname, i.indexdef FROM pg_indexes i
           WHERE i.tablename = ANY (%s) AND i.schemaname = 'public' AND NOT EXISTS (
               SELECT FROM pg_constraint c WHERE c.conname = i.indexname)""",
        (list(BARE),),
    ).fetchall()
    for name, definition in plain:
        connection.execute(f"DROP INDEX {name}".encode())
        yield str(definition)


def _shop_side(connection: Connection) -> None:
    with connection.cursor() as cursor:
        for number, (kind, code, unit) in enumerate(SHOP_ACCOUNTS, start=1):
            cursor.execute(
                "INSERT INTO account (id, store_id, kind, code, unit, may_go_negative)"
                " OVERRIDING SYSTEM VALUE VALUES (%s, 'guomao', %s, %s, %s, true)",
                (number, kind, code, unit),
            )
        cursor.execute(
            "INSERT INTO staff (name, role, store_id, openid, created_at)"
            " VALUES ('小王', 'owner', 'guomao', %s, %s)",  # no limit of a day, which a bench exceeds at once
            (STAFF_OPENID, START),
        )


def _wallet(batch: Batch, member_id: int) -> None:
    lines = batch.lines
    lines["member"].append(
        f"{member_id}\t会员{member_id}\t{13000000000 + member_id}\tguomao\tsilver\t{START.isoformat()}\n"
    )
    lines["binding"].append(f"bench-{member_id}\t{member_id}\t{START.isoformat()}\n")
    first = member_id * 3 + 1  # paid in, gift, points
    held = [0, 0, 0]
    head = chain.START
    for seq in range(1, TRANSFERS + 1):
        head = _transfer(batch, member_id, seq, head, first, held)
    for n, (kind, unit) in enumerate((("paid_in", "fen"), ("gift", "fen"), ("points", "points"))):
        lines["account"].append(f"{first + n}\t{member_id}\t\t{kind}\t\t{unit}\tf\t{held[n]}\n")
    last = (START + timedelta(days=TRANSFERS)).isoformat()
    lines["wallet"].append(
        f"{member_id}\t{TRANSFERS}\t{TRANSFERS}\t\\\\x{head.hex()}\t{last}\t{FAR.isoformat()}\n"
    )


def _transfer(batch: Batch, member_id: int, seq: int, head: bytes, first: int, held: list[int]) -> bytes:
    """One transfer's lines; returns its hash. The canonical bytes are written out here for speed
    (`tests/integration/test_ledger_bench.py` has the loaded book verified).
    """
    batch.transfer += 1
    number, lines = batch.transfer, batch.lines
    kind, moves = ("top_up", TOP_UP) if seq <= TOP_UPS else ("points_grant", POINTS)
    at = START + timedelta(days=seq)
    grants, shops, owns = [], [], []
    micros_of = ("", FAR_MICROS, FAR_MICROS)  # paid-in money never expires
    for n, move in enumerate(moves):
        if move is None:
            continue
        unit, amount, until = move
        held[n] += amount
        batch.lot += 1
        account, shop = first + n, n + 1
        lines["posting"].append(f"{account}\t{number}\t{unit}\t{amount}\t{held[n]}\n")
        lines["posting"].append(f"{shop}\t{number}\t{unit}\t{-amount}\t\\N\n")
        lines["lot"].append(f"{batch.lot}\t{account}\t{number}\tguomao\t{amount}\t{amount}\t{until}\n")
        grants.append(f"g {batch.lot} {account} {amount} {micros_of[n]} guomao")
        shops.append(f"p {shop} {unit} {-amount} ")
        owns.append(f"p {account} {unit} {amount} {held[n]}")
    request = dump({"kind": kind, "member": member_id, "load": seq}, sort_keys=True)
    fingerprint = hashlib.sha256(request.encode())
    result = json.dumps({"version": seq, "held": _held(held)})
    key = f"load-{member_id}-{seq}"
    micros = DAY_MICROS[seq]
    header = (chain.VERSION, number, key, kind, "guomao", "staff:1", member_id, seq, micros, micros, "", "")
    canonical = "\n".join((*map(str, header), fingerprint.hexdigest(), *grants, *shops, *owns, result))
    head = chain.link(head, hashlib.sha256(canonical.encode()).digest())
    lines["transfer"].append(
        f"{number}\t{key}\t\\\\x{fingerprint.hexdigest()}\t{request}\t{kind}\tguomao\tstaff:1\t{member_id}"
        f"\t{at.isoformat()}\t{at.isoformat()}\t\t{result}\t{seq}\t\\\\x{head.hex()}\n"
    )
    return head


def _held(held: list[int]) -> list[list[object]]:
    paid_in, gift, points = held
    return [["gift", "", "fen", gift], ["paid_in", "", "fen", paid_in], ["points", "", "points", points]]


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


FAR_MICROS = _micros(FAR)
DAY_MICROS = [_micros(START + timedelta(days=seq)) for seq in range(TRANSFERS + 1)]


def _copy(connection: Connection, batch: Batch) -> None:
    """COPY's text form; nothing here holds a tab, newline or backslash but the hashes' own prefix."""
    with connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                copy.write("".join(batch.lines[table]))
            batch.lines[table].clear()


def _set_sequences(connection: Connection) -> None:
    for table in ("member", "account", "transfer", "lot", "binding"):
        connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
        )
