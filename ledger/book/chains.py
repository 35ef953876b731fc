"""Recomputing the wallets' hash chains from what is stored (chain.py says what a link is)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from ledger.book import chain
from ledger.book.invariants import Finding


@dataclass(frozen=True)
class Wallet:
    """A wallet's chain from `start_seq` (whose hash is `start_hash`) to its head."""

    member_id: int
    seq: int
    head: bytes
    start_seq: int
    start_hash: bytes


def check_chains(
    connection: Connection, member_ids: Sequence[int], *, since_seal: bool = False
) -> Iterator[Finding]:
    """Recompute the chains of some wallets."""
    wallets = _wallets(connection, member_ids, since_seal=since_seal)
    links = _links(connection, wallets)
    for wallet in wallets:
        yield from _check_chain(wallet, links.get(wallet.member_id, []))


def _check_chain(wallet: Wallet, links: list[tuple[chain.ChainedTransfer, bytes]]) -> Iterator[Finding]:
    """Stops at the first broken link: all after it are broken by it."""
    before, seq = wallet.start_hash, wallet.start_seq
    for transfer, recorded_hash in links:
        seq += 1
        if transfer.seq != seq:
            message = f"link {seq} is missing: the next one is {transfer.seq}"
            yield Finding("chain", wallet.member_id, transfer.id, message)
            return
        before = chain.link(before, chain.digest(transfer))
        if before != recorded_hash:
            message = f"link {seq} was changed: its hash is not that of its content"
            yield Finding("chain", wallet.member_id, transfer.id, message)
            return
    if (seq, before) != (wallet.seq, wallet.head):
        message = f"the chain ends at link {seq}, the wallet's head is link {wallet.seq} or another hash"
        yield Finding("chain", wallet.member_id, None, message)


_WALLETS = text("""
    SELECT w.member_id, w.seq, w.head, coalesce(l.seq, 0) AS start_seq, l.head AS start_hash
    FROM wallet w LEFT JOIN LATERAL (
        SELECT seq, head FROM seal_leaf WHERE member_id = w.member_id AND :since_seal
        ORDER BY seq DESC LIMIT 1) l ON true
    WHERE w.member_id = ANY(:members) ORDER BY w.member_id
""")


def _wallets(connection: Connection, member_ids: Sequence[int], *, since_seal: bool) -> list[Wallet]:
    rows = connection.execute(_WALLETS, {"members": list(member_ids), "since_seal": since_seal})
    return [
        Wallet(r.member_id, r.seq, r.head, r.start_seq, chain.START if r.start_hash is None else r.start_hash)
        for r in rows
    ]


_TRANSFERS = text("""
    SELECT t.id, t.key, t.fingerprint, t.kind, t.store_id, t.actor, t.member_id, t.occurred_at, t.recorded_at,
           t.memo, t.reverses, CAST(t.result AS text) AS result, t.seq, t.hash
    FROM unnest(CAST(:members AS bigint[]), CAST(:starts AS bigint[])) AS w (member_id, start_seq)
    JOIN transfer t ON t.member_id = w.member_id AND t.seq > w.start_seq
    ORDER BY t.member_id, t.seq
""")
_MOVED = {
    "postings": "SELECT transfer_id, account_id, unit, amount, balance_after FROM posting",
    "grants": "SELECT transfer_id, id, account_id, amount, expires_at, store_id FROM lot",
    "uses": "SELECT transfer_id, lot_id, amount FROM lot_use",
}


def _links(
    connection: Connection, wallets: list[Wallet]
) -> dict[int, list[tuple[chain.ChainedTransfer, bytes]]]:
    bound = {"members": [w.member_id for w in wallets], "starts": [w.start_seq for w in wallets]}
    rows = connection.execute(_TRANSFERS, bound).all()
    moved = {name: _moved(connection, query, [row.id for row in rows]) for name, query in _MOVED.items()}
    links: dict[int, list[tuple[chain.ChainedTransfer, bytes]]] = defaultdict(list)
    for row in rows:
        parts = {name: by_transfer.get(row.id, []) for name, by_transfer in moved.items()}
        links[row.member_id].append((_chained(row, parts), row.hash))
    return links


def transfers_of(
    connection: Connection, member_id: int, after_seq: int, to_seq: int
) -> list[tuple[chain.ChainedTransfer, bytes]]:
    """A stretch of a wallet's chain with the hashes that are kept: links after `after_seq` up to `to_seq`."""
    wallet = Wallet(member_id, to_seq, chain.START, max(0, after_seq), chain.START)
    return [link for link in _links(connection, [wallet]).get(member_id, []) if link[0].seq <= to_seq]


def _moved(connection: Connection, query: str, transfer_ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(text(f"{query} WHERE transfer_id = ANY(:ids)"), {"ids": transfer_ids}):
        found[row[0]].append(tuple(row[1:]))
    return found


def _chained(row: Row[Any], parts: dict[str, list[tuple[Any, ...]]]) -> chain.ChainedTransfer:
    values: dict[str, Any] = {**row._mapping, **parts}
    del values["hash"]
    return chain.ChainedTransfer(**values)
