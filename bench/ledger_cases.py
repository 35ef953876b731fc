"""What one process does over and over; each case is a function that returns the operation to time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from actions.counter.top_ups import TopUpQuote, TopUpReceipt, record_top_up
from bot.bootstrap import make_engine, make_house
from ledger import book
from ledger.book import Header
from shop.files import load

ROOT = Path(__file__).resolve().parents[1]
STAFF_OPENID = "bench-cashier"
Operation = Callable[[], None]

LIMIT_SQL = """
CREATE TABLE bench_account (id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))
    WITH (fillfactor = 70);
CREATE TABLE bench_transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL UNIQUE,
    fingerprint bytea NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bench_posting (account_id bigint NOT NULL, transfer_id bigint NOT NULL, amount bigint NOT NULL,
    balance_after bigint, PRIMARY KEY (account_id, transfer_id));
CREATE FUNCTION bench_post(p_key text, p_account bigint, p_amount bigint) RETURNS bigint LANGUAGE plpgsql AS
$$ DECLARE v_id bigint; v_after bigint;
BEGIN
    INSERT INTO bench_transfer (key, fingerprint) VALUES (p_key, sha256(convert_to(p_key, 'UTF8')))
    ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        SELECT id INTO v_id FROM bench_transfer WHERE key = p_key; RETURN v_id;
    END IF;
    UPDATE bench_account SET balance = balance + p_amount WHERE id = p_account AND balance + p_amount >= 0
    RETURNING balance INTO STRICT v_after;
    INSERT INTO bench_posting VALUES (p_account, v_id, p_amount, v_after), (0, v_id, -p_amount, NULL);
    RETURN v_id;
END $$;
"""


def own_members(url: str, worker: int, processes: int) -> list[int]:
    """The wallets of one process: every n-th, so that processes do not wait for each other's members."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT member_id FROM wallet WHERE member_id %% %s = %s ORDER BY member_id", (processes, worker)
        )
        return [row[0] for row in rows]


def limit(url: str, worker: int, processes: int) -> Operation:
    """The bare SQL function, through the bare driver, one autocommitted call."""
    return _plain_sql(url, worker, processes, "SELECT bench_post(%(key)s, %(member)s, 100)")


def peer(call: str) -> Callable[[str, int, int], Operation]:
    """A peer's SQL: its call may use %(key)s, %(member)s (1 to the number of wallets) and %(amount)s."""

    def case(url: str, worker: int, processes: int) -> Operation:
        return _plain_sql(url, worker, processes, call)

    return case


def _plain_sql(url: str, worker: int, processes: int, call: str) -> Operation:
    connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    members = own_members(url, worker, processes)
    numbers = itertools.count()
    run = random.randrange(10**9)
    query = call.encode()  # the caller's own SQL

    def operation() -> None:
        values = {"key": f"{run}-{worker}-{next(numbers)}", "member": random.choice(members), "amount": 100}
        connection.execute(query, values)

    return operation


def posting(url: str, worker: int, processes: int) -> Operation:
    """`book.top_up` of money alone: the event of `limit`, with all that our book does for it."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    members = own_members(url, worker, processes)
    numbers = itertools.count()
    run = random.randrange(10**9)
    connection = engine.connect()

    def operation() -> None:
        now = datetime.now(UTC)
        header = Header(
            key=f"{run}-{worker}-{next(numbers)}",
            store_id="guomao",
            actor="staff:1",
            member_id=random.choice(members),
            occurred_at=now,
            recorded_at=now,
        )
        outcome = book.top_up(connection, header, paid_fen=100, payment_method="cash")
        assert isinstance(outcome, book.Posted)

    return operation


def whole_top_up(url: str, worker: int, processes: int) -> Operation:
    """The cashier's yes: `record_top_up` with gift, points, receipt and deferred job."""
    engine = make_engine(url)
    shop = load(ROOT / "shop" / "examples" / "beauty.yml")
    house = make_house(engine, shop, lambda: datetime.now(UTC))
    versions = _versions(url, worker, processes)
    members = list(versions)
    numbers = itertools.count()
    run = random.randrange(10**9)

    def operation() -> None:
        member_id = random.choice(members)
        quote = _quote(member_id, versions[member_id], shop.version)
        key = f"{run}-{worker}-{next(numbers)}"
        receipt = record_top_up(house, staff_openid=STAFF_OPENID, quote=quote, key=key)
        assert isinstance(receipt, TopUpReceipt), receipt
        assert receipt.member_told
        versions[member_id] = receipt.balances.version

    return operation


def _quote(member_id: int, version: int, shop_version: str) -> TopUpQuote:
    return TopUpQuote(
        member_id=member_id,
        member_name="某某",
        phone=str(13000000000 + member_id),
        store_id="guomao",
        payment_method_id="cash",
        amount_fen=30000,
        gift_fen=3000,
        points=300,
        wallet_version=version,
        stored_after_fen=33000,
        shop_version=shop_version,
        paid_in_after_fen=30000,
        gift_after_fen=3000,
        points_after=300,
        staff_id=1,
        staff_role="owner",
        staff_store_id="guomao",
        member_openid=f"bench-{member_id}",
    )


def _versions(url: str, worker: int, processes: int) -> dict[int, int]:
    """Member → version of the wallet, for the process's own members; read without a time-out."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT member_id, version FROM wallet WHERE member_id %% %s = %s", (processes, worker)
        )
        return dict(rows.fetchall())


def balance(url: str, worker: int, processes: int) -> Operation:
    engine = create_engine(url)
    members = own_members(url, worker, processes)

    def operation() -> None:
        with engine.begin() as connection:
            book.balances(connection, random.choice(members), now=datetime.now(UTC))

    return operation


def statement_page(url: str, worker: int, processes: int) -> Operation:
    engine = create_engine(url)
    members = own_members(url, worker, processes)
    year = timedelta(days=365)

    def operation() -> None:
        now = datetime.now(UTC)
        with engine.begin() as connection:
            book.statement(connection, random.choice(members), start=now - year, end=now, limit=10)

    return operation
