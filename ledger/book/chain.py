"""The hash chain of a wallet, recomputed outside the database.

link = sha256(hash before || sha256(canonical bytes)), and 32 zero bytes come before the first. The canonical
bytes are UTF-8 lines, version 1, one field a line (backslash and newline escaped): header, lots used, lots
granted, postings, result. Because a link takes only the digest of the bytes, a proof about one transfer need
not show the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VERSION = "zhanggui-ledger-1"
START = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ChainedTransfer:
    """All that a link stands for.

    `uses`: (lot, amount); `grants`: (lot, account, amount, expires_at, store);
    `postings`: (account, unit, amount, balance after or None).
    """

    id: int
    key: str
    fingerprint: bytes
    kind: str
    store_id: str
    actor: str
    member_id: int
    occurred_at: datetime
    recorded_at: datetime
    memo: str
    reverses: int | None
    result: str
    seq: int
    uses: Sequence[tuple[int, int]] = ()
    grants: Sequence[tuple[int, int, int, datetime | None, str]] = ()
    postings: Sequence[tuple[int, str, int, int | None]] = ()


def canonical(transfer: ChainedTransfer) -> bytes:
    """The bytes of version 1, the same that `ledger_write` makes."""
    return "\n".join((*_header_lines(transfer), *_moved_lines(transfer), _escaped(transfer.result))).encode()


def digest(transfer: ChainedTransfer) -> bytes:
    return hashlib.sha256(canonical(transfer)).digest()


def link(before: bytes, transfer_digest: bytes) -> bytes:
    """The hash of a transfer from the hash before it and its own digest."""
    return hashlib.sha256(before + transfer_digest).digest()


def _header_lines(transfer: ChainedTransfer) -> Iterable[str]:
    return (
        VERSION,
        str(transfer.id),
        _escaped(transfer.key),
        transfer.kind,
        _escaped(transfer.store_id),
        _escaped(transfer.actor),
        str(transfer.member_id),
        str(transfer.seq),
        _micros(transfer.occurred_at),
        _micros(transfer.recorded_at),
        _escaped(transfer.memo),
        "" if transfer.reverses is None else str(transfer.reverses),
        transfer.fingerprint.hex(),
    )


def _moved_lines(transfer: ChainedTransfer) -> Iterable[str]:
    for lot, amount in sorted(transfer.uses):
        yield f"u {lot} {amount}"
    for lot, account, amount, expires_at, store in sorted(transfer.grants, key=lambda grant: grant[0]):
        yield f"g {lot} {account} {amount} {_micros(expires_at)} {_escaped(store)}"
    for account, unit, amount, after in sorted(transfer.postings, key=lambda posting: posting[0]):
        yield f"p {account} {_escaped(unit)} {amount} {'' if after is None else after}"


def _escaped(field: str) -> str:
    return field.replace("\\", "\\\\").replace("\n", "\\n")


def _micros(moment: datetime | None) -> str:
    return "" if moment is None else str((moment - _EPOCH) // timedelta(microseconds=1))
