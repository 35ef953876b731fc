"""Tampering is found, a transfer is proved, the past can be read: on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_support import DAY, NOW, header, line, new_member, posted
from sqlalchemy import Connection, Engine, text

from ledger.book import (
    ShopAccount,
    balances_at,
    grant_points,
    last_seal,
    prove,
    purchase,
    root_by,
    seal,
    shop_balance,
    spend_points,
    take_snapshots,
    top_up,
)
from ledger.book.verify import verify

UNLOCK = """
    ALTER TABLE transfer DISABLE TRIGGER append_only; ALTER TABLE posting DISABLE TRIGGER append_only;
    ALTER TABLE posting DISABLE TRIGGER postings_balance; ALTER TABLE lot_use DISABLE TRIGGER append_only;
    ALTER TABLE purchase_line DISABLE TRIGGER append_only; ALTER TABLE lot DISABLE TRIGGER never_deleted;
    ALTER TABLE seal DISABLE TRIGGER append_only; ALTER TABLE seal_leaf DISABLE TRIGGER append_only;
    ALTER TABLE snapshot DISABLE TRIGGER append_only
"""


@pytest.fixture
def connection(module_engine: Engine) -> Iterator[Connection]:
    """Two wallets with a history: top-up, purchase, points; a seal; then one more transfer each. Rolled
    back.
    """
    with module_engine.connect() as connection:
        yield connection


@pytest.fixture
def history(connection: Connection) -> list[int]:
    """The transfers of two wallets: (a1, a2, a3) sealed, a4 not; then those of b likewise."""
    made = []
    for whose in ("a", "b"):
        member_id = new_member(connection, whose)
        made += [
            top_up(
                connection, header(f"{whose}1", member_id), paid_fen=9000, payment_method="cash", gift_fen=900
            ),
            purchase(
                connection,
                header(f"{whose}2", member_id, memo="第一次"),
                lines=[line(5000, 6000)],
                stored_fen=5000,
                spending_order="pro_rata",
            ),
            grant_points(
                connection, header(f"{whose}3", member_id), points=50, expires_at=NOW + 9 * DAY, reason="gift"
            ),
        ]
    assert all(posted(outcome) for outcome in made)
    seal(connection, now=NOW)
    for whose in ("a", "b"):
        member_id = connection.execute(
            text("SELECT member_id FROM transfer WHERE key = :key"), {"key": f"{whose}1"}
        ).scalar_one()
        posted(spend_points(connection, header(f"{whose}4", member_id), points=20, reward_id="cup"))
    assert verify(connection) == []
    return list(connection.execute(text("SELECT id FROM transfer ORDER BY member_id, seq")).scalars())


def attack(connection: Connection, statement: str, **values: object) -> list[str]:
    """As somebody with all rights on the database would: triggers off, change, triggers on."""
    connection.execute(text(UNLOCK))
    assert connection.execute(text(statement), values).rowcount > 0
    return [str(finding) for finding in verify(connection)]


CHAIN = "chain: wallet"
FORGE = """
    INSERT INTO transfer (key, fingerprint, request, kind, store_id, actor, member_id, occurred_at,
    recorded_at,
                          memo, result, seq, hash)
    SELECT 'forged', fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,
           memo, result, seq + 1, sha256(hash || fingerprint) FROM transfer WHERE id = :a4
"""
ATTACKS = {
    "a changed amount, with the balances made to fit": (
        "WITH p AS (UPDATE posting SET amount = amount + 100 * sign(amount)::int,"
        "           balance_after = balance_after + 100 WHERE transfer_id = :a1 AND unit = 'fen'"
        "           AND abs(amount) = 9000 RETURNING account_id)"
        " UPDATE account SET balance = balance + 100 FROM p WHERE id = p.account_id AND balance IS NOT NULL",
        CHAIN,
    ),
    "a changed amount": (
        "UPDATE posting SET amount = amount + 1 WHERE transfer_id = :a1",
        "zero sum: transfer",
    ),
    "a changed memo": ("UPDATE transfer SET memo = '改过' WHERE id = :a2", CHAIN),
    "a changed date": (
        "UPDATE transfer SET occurred_at = occurred_at - interval '1 day' WHERE id = :a2",
        CHAIN,
    ),
    "a changed actor": ("UPDATE transfer SET actor = 'staff:2' WHERE id = :a4", CHAIN),
    "a changed answer": ('UPDATE transfer SET result = \'{"version": 9, "held": []}\' WHERE id = :a4', CHAIN),
    "a changed request": (
        "UPDATE transfer SET request = '{}' WHERE id = :a2",
        "request is what the fingerprint says: wallet",
    ),
    "a deleted transfer": ("DELETE FROM transfer WHERE id = :a2", CHAIN),
    "the last transfer deleted": ("DELETE FROM transfer WHERE id = :a4", CHAIN),
    "a deleted transfer with its postings": (
        "WITH p AS (DELETE FROM posting WHERE transfer_id = :a4) DELETE FROM transfer WHERE id = :a4",
        "balance is the sum of postings: wallet",
    ),
    "an inserted transfer with a correct-looking hash": (FORGE, CHAIN),
    "an inserted transfer, the wallet's head made to fit": (
        f"WITH t AS ({FORGE} RETURNING member_id, seq, hash)"
        " UPDATE wallet w SET seq = t.seq, version = version + 1, head = t.hash FROM t"
        " WHERE w.member_id = t.member_id",
        CHAIN,
    ),
    "a swapped pair": (
        "UPDATE transfer t SET memo = o.memo, result = o.result FROM transfer o"
        " WHERE (t.id, o.id) IN ((:a2, :a3), (:a3, :a2))",
        CHAIN,
    ),
    "a balance row edited": (
        "UPDATE account SET balance = balance + 1 WHERE kind = 'paid_in' AND balance = 4455",
        "balance is the sum of postings: wallet",
    ),
    "a lot edited": (
        "UPDATE lot SET remaining = remaining - 1 WHERE transfer_id = :a3",
        "lots are the balance",
    ),
    "a lot made longer": (
        "UPDATE lot SET expires_at = expires_at + interval '1 year' WHERE transfer_id = :a3",
        CHAIN,
    ),
    "a lot made greater": (
        "UPDATE lot SET amount = amount + 5, remaining = remaining + 5 WHERE transfer_id = :a3",
        "lots moved as posted: wallet",
    ),
    "a lot's use deleted": (
        "DELETE FROM lot_use WHERE transfer_id = :a2",
        "lot is what its uses left: wallet",
    ),
    "a price changed afterwards": (
        "UPDATE purchase_line SET list_fen = 7000 WHERE transfer_id = :a2",
        "purchase lines are those asked for: wallet",
    ),
    "a wallet set back": (
        "UPDATE wallet w SET seq = t.seq, version = t.seq, head = t.hash FROM transfer t"
        " WHERE t.id = :a3 AND w.member_id = t.member_id",
        CHAIN,
    ),
    "an act of nobody": (
        "INSERT INTO act (staff_id, actor, what, at, origin, key)"
        " VALUES (-1, 'staff:-1', 'top_up', now(), '', '')",
        "acts are signed by known staff: book: act",
    ),
    "a message for nobody": (
        "INSERT INTO message (key, openid, member_id, kind, text, due_at, created_at)"
        " VALUES ('x', 'o', -1, 'x', 'x', now(), now())",
        "messages go to known members: wallet -1",
    ),
    "a till that names another's account": (
        "INSERT INTO till SELECT 's1', 'elsewhere', id, id, id FROM account ORDER BY id LIMIT 1",
        "a till names its own accounts: book: till s1/elsewhere",
    ),
    "a seal's leaf changed": ("UPDATE seal_leaf SET head = sha256(head) WHERE place = 0", "seal: "),
    "a seal's root changed": ("UPDATE seal SET root = sha256(root)", "seal: "),
}


@pytest.mark.parametrize("what", ATTACKS)
def test_tampering_is_found(connection: Connection, history: list[int], what: str) -> None:
    statement, expected = ATTACKS[what]
    values = {name: history[n] for n, name in enumerate(["a1", "a2", "a3", "a4"]) if f":{name}" in statement}
    found = attack(connection, statement, **values)
    assert any(finding.startswith(expected) for finding in found), found


def test_a_finding_names_wallet_transfer_and_fault(connection: Connection, history: list[int]) -> None:
    found = attack(connection, "UPDATE transfer SET memo = '改过' WHERE id = :id", id=history[1])
    member_id = connection.execute(
        text("SELECT member_id FROM transfer WHERE id = :id"), {"id": history[1]}
    ).scalar_one()
    assert found == [
        f"chain: wallet {member_id}, transfer {history[1]}: link 2 was changed: "
        "its hash is not that of its content"
    ]


def test_a_whole_chain_rebuilt_is_found_by_the_seal(connection: Connection, history: list[int]) -> None:
    """Somebody who can do everything rewrites the memo, every hash after it, and the wallet's head."""
    from ledger.book import chain
    from ledger.book.chains import transfers_of

    connection.execute(text(UNLOCK))
    connection.execute(text("UPDATE transfer SET memo = '改过' WHERE id = :id"), {"id": history[1]})
    member_id = connection.execute(text("SELECT min(member_id) FROM wallet")).scalar_one()
    before = chain.START
    for transfer, _ in transfers_of(connection, member_id, 0, 99):
        before = chain.link(before, chain.digest(transfer))
        connection.execute(
            text("UPDATE transfer SET hash = :hash WHERE id = :id"), {"hash": before, "id": transfer.id}
        )
    connection.execute(
        text("UPDATE wallet SET head = :head WHERE member_id = :id"), {"head": before, "id": member_id}
    )
    [found] = verify(connection)
    assert str(
        found
    ) == f"seal: wallet {member_id}, transfer {history[2]}: link 3 is not what seal 1 sealed".replace(
        "seal 1 ", f"seal {last_id(connection)} "
    )


def last_id(connection: Connection) -> int:
    sealed = last_seal(connection)
    assert sealed is not None
    return sealed.id


def test_a_root_told_to_the_owner_is_looked_for(connection: Connection, history: list[int]) -> None:
    sealed = last_seal(connection)
    assert sealed is not None
    assert verify(connection, known_root=sealed.root) == []
    [found] = verify(connection, known_root=bytes(32))
    assert found.check == "seal"


def test_only_since_the_last_seal(connection: Connection, history: list[int]) -> None:
    assert verify(connection, since_seal=True) == []
    connection.execute(text(UNLOCK))
    connection.execute(text("UPDATE transfer SET memo = 'x' WHERE id = :id"), {"id": history[0]})
    assert verify(connection, since_seal=True) == []
    connection.execute(text("UPDATE transfer SET memo = 'x' WHERE id = :id"), {"id": history[3]})
    assert [finding.transfer_id for finding in verify(connection, since_seal=True)] == [history[3]]


def test_every_sealed_transfer_is_proved_and_a_false_proof_is_not(
    connection: Connection, history: list[int]
) -> None:
    sealed = last_seal(connection)
    assert sealed is not None
    for transfer_id in history[:3] + history[4:7]:
        proof = prove(connection, transfer_id)
        assert proof is not None
        assert root_by(proof) == sealed.root
        assert root_by(replace(proof, digest=bytes(32))) != sealed.root
        assert root_by(replace(proof, member_id=proof.member_id + 1)) != sealed.root
    assert prove(connection, history[3]) is None
    assert prove(connection, 10**9) is None
    second = seal(connection, now=NOW + DAY)
    later = prove(connection, history[3])
    assert later is not None
    assert root_by(later) == second.root != sealed.root
    assert (second.wallets, seal(connection, now=NOW + DAY).wallets) == (2, 0)
    assert verify(connection) == []


def test_balances_at_any_moment(connection: Connection) -> None:
    member_id = new_member(connection)
    for day in range(20):
        top_up(
            connection, header(f"p{day}", member_id, at=NOW + day * DAY), paid_fen=10, payment_method="cash"
        )
    purchase(
        connection,
        header("no", member_id, at=NOW + 30 * DAY),
        lines=[line(999)],
        stored_fen=999,
        spending_order="gift_first",
    )
    assert balances_at(connection, member_id, at=NOW - DAY).paid_in_fen == 0
    for day in range(20):
        assert balances_at(connection, member_id, at=NOW + day * DAY).paid_in_fen == 10 * (day + 1)
        assert (
            balances_at(connection, member_id, at=NOW + day * DAY - timedelta(microseconds=1)).paid_in_fen
            == 10 * day
        )
    assert balances_at(connection, member_id, at=NOW + 99 * DAY).paid_in_fen == 200


def test_shop_balances_with_and_without_snapshots(module_engine: Engine) -> None:
    """Commits, because a snapshot folds only what is settled; so it has a store and a member of its own."""
    till, revenue = ShopAccount("s9", "cash", "cash"), ShopAccount("s9", "revenue", "paid_in")
    with module_engine.begin() as connection:
        member_id = new_member(connection, "九店")
    for day in range(3):
        with module_engine.begin() as connection:
            at = NOW + day * DAY
            top = header(f"s{day}", member_id, store_id="s9", at=at)
            top_up(connection, top, paid_fen=100, payment_method="cash")
            purchase(
                connection,
                header(f"b{day}", member_id, store_id="s9", at=at),
                lines=[line(30)],
                stored_fen=30,
                spending_order="paid_in_first",
            )
        if day < 2:
            with module_engine.begin() as connection:
                assert take_snapshots(connection) >= 2
    with module_engine.begin() as connection:
        assert shop_balance(connection, till) == -300
        assert shop_balance(connection, revenue) == 90
        assert [shop_balance(connection, till, at=NOW + day * DAY) for day in (-1, 0, 1, 2)] == [
            0,
            -100,
            -200,
            -300,
        ]
        assert shop_balance(connection, ShopAccount("s9", "cash", "nowhere")) == 0
        assert verify(connection) == []


def test_a_snapshot_waits_for_a_transfer_that_is_under_way(module_engine: Engine) -> None:
    with module_engine.begin() as connection:
        slow, quick = new_member(connection), new_member(connection)
        top_up(connection, header("first", slow, store_id="s8"), paid_fen=100, payment_method="cash")
    with module_engine.connect() as under_way:
        top_up(under_way, header("slow", slow, store_id="s8"), paid_fen=1, payment_method="cash")
        with module_engine.begin() as connection:
            top_up(connection, header("quick", quick, store_id="s8"), paid_fen=10, payment_method="cash")
        with module_engine.begin() as connection, pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.book.moments.SETTLE_TIMEOUT_SECONDS", 0.05)
            assert take_snapshots(connection) == 0
        under_way.commit()
    with module_engine.begin() as connection:
        assert take_snapshots(connection) > 0
        assert shop_balance(connection, ShopAccount("s8", "cash", "cash")) == -111
        assert verify(connection) == []
