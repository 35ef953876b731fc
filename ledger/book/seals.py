"""The seal of the day close: a Merkle root over the heads of the wallets, and proofs that anyone can check.

leaf = sha256(0x00 || member id, 8 bytes big-endian || seq, 8 bytes || head); node = sha256(0x01 || left ||
right); a node without a neighbour goes up as it is. root = sha256(root of the seal before || Merkle root),
so the last root stands for the whole book. The root must leave the database (the owner's WeChat): whoever
can rewrite the database could rewrite the seals too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from ledger.book import chain
from ledger.book.chains import transfers_of
from ledger.book.invariants import Finding

NO_ROOT = bytes(32)


@dataclass(frozen=True)
class Seal:
    """One seal; `root` is what is told to the owner, in hex."""

    id: int
    sealed_at: datetime
    wallets: int
    root: bytes


@dataclass(frozen=True)
class Proof:
    """That a transfer is under a seal, without showing any other.

    Check: digest → link with `before` → link with each of `later` → leaf → up `path` → with `previous` the
    root.

    Attributes:
        digest: sha256 of the transfer's canonical bytes; `before`: the chain's hash before it.
        later: digests of the same wallet's transfers after it, up to the sealed head.
        path: (neighbour's hash, neighbour is at the left) from the leaf up.
    """

    transfer_id: int
    member_id: int
    digest: bytes
    before: bytes
    later: tuple[bytes, ...]
    seq: int
    path: tuple[tuple[bytes, bool], ...]
    previous: bytes
    seal_id: int


def leaf(member_id: int, seq: int, head: bytes) -> bytes:
    return hashlib.sha256(b"\0" + member_id.to_bytes(8, "big") + seq.to_bytes(8, "big") + head).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from the leaves to the root; no leaves: a root of 32 zero bytes."""
    built = [list(leaves) or [NO_ROOT]]
    while len(built[-1]) > 1:
        below = built[-1]
        pairs = [below[i : i + 2] for i in range(0, len(below), 2)]
        built.append([node(*pair) if len(pair) == 2 else pair[0] for pair in pairs])
    return built


def path_to(leaves: Sequence[bytes], place: int) -> tuple[tuple[bytes, bool], ...]:
    """The neighbours on the way from leaf number `place` (from 0) to the root."""
    path = []
    for level in levels(leaves)[:-1]:
        neighbour = place ^ 1
        if neighbour < len(level):
            path.append((level[neighbour], neighbour < place))
        place //= 2
    return tuple(path)


def root_of(previous: bytes, merkle_root: bytes) -> bytes:
    return hashlib.sha256(previous + merkle_root).digest()


def root_by(proof: Proof) -> bytes:
    """The root that a proof leads to: equal to the one the owner was told, or the proof is false."""
    head = chain.link(proof.before, proof.digest)
    for later in proof.later:
        head = chain.link(head, later)
    current = leaf(proof.member_id, proof.seq, head)
    for neighbour, at_left in proof.path:
        current = node(neighbour, current) if at_left else node(current, neighbour)
    return root_of(proof.previous, current)


_MOVED_WALLETS = text("""
    SELECT w.member_id, w.seq, w.head FROM wallet w
    WHERE w.seq > coalesce((SELECT max(l.seq) FROM seal_leaf l WHERE l.member_id = w.member_id), 0)
    ORDER BY w.member_id
""")


def seal(connection: Connection, *, now: datetime) -> Seal:
    """Seal the heads of all wallets that moved since the last seal; one seal at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger seal', 0))"))
    previous = connection.execute(text("SELECT root FROM seal ORDER BY id DESC LIMIT 1")).scalar()
    previous = NO_ROOT if previous is None else bytes(previous)
    moved = connection.execute(_MOVED_WALLETS).all()
    merkle_root = levels([leaf(w.member_id, w.seq, bytes(w.head)) for w in moved])[-1][0]
    root = root_of(previous, merkle_root)
    seal_id = connection.execute(
        text("""
            INSERT INTO seal (sealed_at, wallets, previous, merkle_root, root)
            VALUES (:now, :wallets, :previous, :merkle_root, :root) RETURNING id
        """),
        {
            "now": now,
            "wallets": len(moved),
            "previous": previous,
            "merkle_root": merkle_root,
            "root": root,
        },
    ).scalar_one()
    connection.execute(
        text("""
            INSERT INTO seal_leaf (member_id, seq, seal_id, place, head)
            SELECT m, s, :seal, p - 1, h FROM unnest(
                CAST(:members AS bigint[]), CAST(:seqs AS bigint[]), CAST(:heads AS bytea[]))
                WITH ORDINALITY AS leaf (m, s, h, p)
        """),
        {
            "seal": seal_id,
            "members": [w.member_id for w in moved],
            "seqs": [w.seq for w in moved],
            "heads": [bytes(w.head) for w in moved],
        },
    )
    return Seal(seal_id, now, len(moved), root)


def last_seal(connection: Connection) -> Seal | None:
    row = connection.execute(
        text("SELECT id, sealed_at, wallets, root FROM seal ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    return None if row is None else Seal(row.id, row.sealed_at, row.wallets, bytes(row.root))


def prove(connection: Connection, transfer_id: int) -> Proof | None:
    """The proof that a transfer is under the first seal after it; None when it is unknown or not sealed
    yet.
    """
    found = connection.execute(
        text("""
            SELECT t.member_id, t.seq, l.seq AS sealed_seq, l.seal_id, l.place, s.previous
            FROM transfer t JOIN seal_leaf l ON l.member_id = t.member_id AND l.seq >= t.seq
            JOIN seal s ON s.id = l.seal_id WHERE t.id = :id ORDER BY l.seq LIMIT 1
        """),
        {"id": transfer_id},
    ).one_or_none()
    if found is None:
        return None
    links = transfers_of(connection, found.member_id, found.seq - 2, found.sealed_seq)
    before = chain.START if found.seq == 1 else links.pop(0)[1]
    digests = [chain.digest(transfer) for transfer, _ in links]
    return Proof(
        transfer_id=transfer_id,
        member_id=found.member_id,
        digest=digests[0],
        before=before,
        later=tuple(digests[1:]),
        seq=found.sealed_seq,
        path=path_to(_leaves(connection, found.seal_id), found.place),
        previous=bytes(found.previous),
        seal_id=found.seal_id,
    )


def _leaves(connection: Connection, seal_id: int) -> list[bytes]:
    rows = connection.execute(
        text("SELECT member_id, seq, head FROM seal_leaf WHERE seal_id = :id ORDER BY place"), {"id": seal_id}
    )
    return [leaf(row.member_id, row.seq, bytes(row.head)) for row in rows]


def check_seals(connection: Connection, *, known_root: bytes | None = None) -> list[Finding]:
    """Recompute every seal, and find the sealed heads in the chains.

    Args:
        known_root: a root that the owner was told; it must be among the seals.
    """
    findings = []
    previous, roots = NO_ROOT, set()
    for row in connection.execute(text("SELECT id, previous, merkle_root, root FROM seal ORDER BY id")).all():
        merkle_root = levels(_leaves(connection, row.id))[-1][0]
        if (bytes(row.previous), bytes(row.merkle_root)) != (previous, merkle_root):
            findings.append(Finding("seal", None, None, f"seal {row.id} is not that of its leaves"))
        previous = root_of(previous, merkle_root)
        roots.add(previous)
        if bytes(row.root) != previous:
            findings.append(Finding("seal", None, None, f"the root of seal {row.id} was changed"))
    if known_root is not None and known_root not in roots:
        findings.append(Finding("seal", None, None, f"the root {known_root.hex()} is not in this book"))
    return findings + _broken_leaves(connection)


def _broken_leaves(connection: Connection) -> list[Finding]:
    rows = connection.execute(
        text("""
            SELECT l.member_id, t.id, l.seal_id, l.seq FROM seal_leaf l
            LEFT JOIN transfer t ON t.member_id = l.member_id AND t.seq = l.seq
            WHERE t.id IS NULL OR t.hash <> l.head ORDER BY 1
        """)
    )
    return [
        Finding("seal", row.member_id, row.id, f"link {row.seq} is not what seal {row.seal_id} sealed")
        for row in rows
    ]
