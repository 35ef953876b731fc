"""What the book needs every night: expiry, snapshots, a check, a seal (features B4, B11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, text

from actions.counter import coupons
from ledger import book
from ledger.book.invariants import Finding
from ledger.book.verify import verify
from ledger.records import coupon_checks

log = structlog.get_logger()

MAX_ROUNDS = 100_000  # of 500 members each: more than any shop has, and an end to a loop gone wrong
FINDINGS_LOGGED = 20


@dataclass(frozen=True)
class Night:
    """What one night did; `findings` empty means that the book is sound. `root` is the seal, in hex."""

    expired_lots: int
    snapshots: int
    findings: tuple[Finding, ...]
    root: str
    expired_coupons: int = 0


def care_for_book(engine: Engine, clock: Callable[[], datetime]) -> Night:
    """Post what has expired, fold the shop's balances, check the book, and seal it.

    Each step is a transaction of its own and may be repeated; nobody is locked out meanwhile. A finding stops
    nothing: it is logged as an error, and the seal is made all the same, over what is there.
    """
    now = clock()
    expired = 0
    for _ in range(MAX_ROUNDS):
        with _patiently(engine) as connection:
            done = book.expire_due(connection, now=now)
        if done == 0:
            break
        expired += done
    expired_coupons = coupons.expire_all(engine, now)
    with _patiently(engine) as connection:
        snapshots = book.take_snapshots(connection)
    with engine.connect() as connection:
        findings = (*verify(connection, since_seal=True), *coupon_checks.verify(connection))
    for finding in findings[:FINDINGS_LOGGED]:
        log.error("nightly.finding", finding=str(finding))
    with _patiently(engine) as connection:
        root = book.seal(connection, now=now).root
    log.info(
        "nightly.done",
        expired_lots=expired,
        expired_coupons=expired_coupons,
        snapshots=snapshots,
        findings=len(findings),
        seal=root.hex(),
    )
    return Night(expired, snapshots, findings, root.hex(), expired_coupons)


@contextmanager
def _patiently(engine: Engine) -> Iterator[Connection]:
    """A transaction whose statements may take minutes: nobody waits for an answer at night."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        yield connection
