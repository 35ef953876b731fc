"""Verification of the whole book: invariants, chains, seals. Reads only; anyone may run it (row B11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text

from ledger.book.chains import check_chains
from ledger.book.invariants import INVARIANTS, Finding, check
from ledger.book.seals import check_seals

WALLETS_AT_ONCE = 500

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


def verify(
    connection: Connection,
    *,
    since_seal: bool = False,
    known_root: bytes | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Everything that is wrong with the book, [] when it is sound.

    Args:
        since_seal: walk each chain only from the wallet's last seal on. Seals and sums are always checked.
        known_root: a root that the owner was told at a day close; it must be among the seals.
        progress: called after each step.
    """
    if not connection.in_transaction():  # one moment for all the queries, while the shop goes on
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    # The engine's limit is for answering in time; this reads the whole book.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    members = list(connection.execute(text("SELECT member_id FROM wallet ORDER BY member_id")).scalars())
    groups = [members[i : i + WALLETS_AT_ONCE] for i in range(0, len(members), WALLETS_AT_ONCE)]
    total = len(INVARIANTS) + 1 + len(groups)
    findings: list[Finding] = []
    steps = _steps(connection, groups, since_seal=since_seal, known_root=known_root)
    for done, step in enumerate(steps, start=1):
        findings += step
        if progress is not None:
            progress(done, total)
    return findings


def _steps(
    connection: Connection, groups: list[list[int]], *, since_seal: bool, known_root: bytes | None
) -> Iterator[list[Finding]]:
    for name in INVARIANTS:
        yield list(check(connection, name))
    yield check_seals(connection, known_root=known_root)
    for group in groups:
        yield list(check_chains(connection, group, since_seal=since_seal))


__all__ = ["Finding", "verify"]
