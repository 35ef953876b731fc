"""`zhanggui ledger …` as a person runs it, and the chart of accounts of docs/ledger.md against the book."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ledger_support import DAY, NOW, database, header, line, new_member
from sqlalchemy import Connection, Engine, create_engine, text

from bot.embedded.postgres import PostgresServer
from ledger import book
from ledger.book import DepositUse, EntitlementGrant, EntitlementUse, Interest, Posted
from ledger.book.opening import post_opening, read_rows
from ledger.commands import ledger

CHART = Path(__file__).parents[2] / "docs" / "ledger.md"


@pytest.fixture
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with database(postgres_server) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def run(engine: Engine, *arguments: str) -> Result:
    return CliRunner().invoke(ledger, list(arguments), obj={"engine": lambda: engine})


def test_import_seal_verify_prove(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(
        "card_no,name,phone,paid_in,points\nA1,林,13800138000,300.50,20\nA2,芳,,10,\n", "utf-8-sig"
    )
    options = ["--source", "old", "--store", "s1"]
    assert run(engine, "import", str(file), *options, "--dry-run").output == "2 张卡可以导入。\n"
    assert run(engine, "import", str(file), *options).output == "导入 2 张卡，以前导过 0 张。\n"
    assert run(engine, "import", str(file), *options).output == "导入 0 张卡，以前导过 2 张。\n"
    sealed = run(engine, "seal")
    assert sealed.output.startswith("第 1 次封存，2 个钱包")
    root = sealed.output.split("\n")[1]
    assert run(engine, "verify", "--root", root).output.endswith("账本完好。\n")
    proof = run(engine, "prove", "T000001")
    assert f"root     {root} (seal 1)" in proof.output
    assert run(engine, "prove", "T000009").exit_code == 1
    assert run(engine, "prove", "abc").exit_code == 2
    assert run(engine, "verify", "--root", "xyz").exit_code == 2


def test_verify_ends_with_one_and_a_list(engine: Engine) -> None:
    with engine.begin() as connection:
        member_id = new_member(connection)
        book.top_up(connection, header("k", member_id), paid_fen=100, payment_method="cash")
        connection.execute(text("UPDATE account SET balance = 99 WHERE kind = 'paid_in'"))
    result = run(engine, "verify", "--since-seal")
    assert result.exit_code == 1
    assert f"balance is the sum of postings: wallet {member_id}: paid_in  stands at 99" in result.output


def test_a_bad_file_imports_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text("card_no,paid_in\nA1,300\nA2,三百\n", "utf-8")
    result = run(engine, "import", str(file), "--source", "old", "--store", "s1")
    assert result.exit_code == 1
    assert "第 3 行" in result.output
    file.write_text("card_no,paid_in\nA1,300\n", "utf-8")
    assert run(engine, "import", str(file), "--source", "old", "--store", "s1").exit_code == 0
    file.write_text("card_no,paid_in\nA1,400\nA3,1\n", "utf-8")
    assert run(engine, "import", str(file), "--source", "old", "--store", "s1").exit_code == 1
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM transfer")).scalar_one() == 1


def chart() -> set[tuple[str, str, str]]:
    """(event, account, side) of the table in docs/ledger.md."""
    rows = re.findall(
        r"^\| `(\w+)` \| `([\w ]+)` \| (debit|credit) \|", CHART.read_text("utf-8"), re.MULTILINE
    )
    return set(rows)


def every_event(connection: Connection) -> None:
    """All that the chart describes, once, with everything in it."""
    member_id, other = new_member(connection), new_member(connection, "旧卡")
    number = iter(range(1000))

    def h(whose: int = member_id, store: str = "s1", days: int = 0) -> book.Header:
        return header(f"e{next(number)}", whose, store_id=store, at=NOW + days * DAY)

    packs = [EntitlementGrant("facial", "times", 5, NOW + 5 * DAY)]
    for whose in (member_id, other):
        book.top_up(
            connection,
            h(whose),
            paid_fen=100000,
            payment_method="cash",
            gift_fen=20000,
            gift_expires_at=NOW + 5 * DAY,
            points=500,
            points_expires_at=NOW + 5 * DAY,
            entitlements=packs,
        )
    book.take_deposit(connection, h(), order_id="ring", paid_fen=900, payment_method="cash")
    book.return_deposit(connection, h(), order_id="ring", amount_fen=100, payment_method="cash")
    for spent, earned in ((20, 0), (0, 20)):
        book.purchase(
            connection,
            h(store="s2"),
            lines=[line(30500, 40000)],
            stored_fen=30000,
            spending_order="pro_rata",
            outside_fen=100,
            payment_method="cash",
            points_spent=spent,
            points_earned=earned,
            entitlement_uses=[EntitlementUse("facial", 1)],
            deposit_uses=[DepositUse("ring", 400)],
        )
    pack = [EntitlementGrant("yoga", "lessons", 8)]
    book.purchase(
        connection, h(), lines=[line(5000)], stored_fen=5000, spending_order="gift_first", entitlements=pack
    )
    granted = book.grant_points(connection, h(), points=9, expires_at=NOW + 3 * DAY, reason="birthday")
    book.spend_points(connection, h(), points=30, reward_id="r", gift_fen=50, entitlements=pack)
    assert isinstance(granted, Posted)
    book.reverse(connection, h(), transfer_id=granted.transfer_id, reason="录错了", carry_debt=True)
    for kind in ("paid_in", "gift", "points"):
        book.adjust(connection, h(other), kind=kind, amount=7, reason="盘点")  # type: ignore[arg-type]
    owed = book.top_up(connection, h(other), paid_fen=50, payment_method="cash")
    book.purchase(
        connection, h(other), lines=[line(100050)], stored_fen=100050, spending_order="paid_in_first"
    )
    assert isinstance(owed, Posted)
    book.reverse(connection, h(other), transfer_id=owed.transfer_id, reason="录错了", carry_debt=True)
    book.repay_debt(connection, h(other), paid_fen=10, payment_method="cash")
    book.top_up(connection, h(other), paid_fen=70, payment_method="cash")
    refund_by_each_rule(connection, h)
    book.merge(connection, h(other), into_member_id=member_id)
    book.expire_due(connection, now=NOW + 6 * DAY)
    old = ["card_no,paid_in,gift,points,entitlements", "A,1,1,1,facial:times:1"]
    [row], _ = read_rows(old, UTC)
    post_opening(connection, h(new_member(connection, "老会员"), days=6), row)


def refund_by_each_rule(connection: Connection, h: object) -> None:
    interest = Interest(annual_rate_ppm=15_000, since=(NOW - 365 * DAY).date())
    for rule in ("consumer", "operator"):
        whose = new_member(connection, rule)
        give = {"gift_fen": 2000, "points": 10, "entitlements": [EntitlementGrant("facial", "times", 1)]}
        book.top_up(connection, h(whose), paid_fen=10000, payment_method="cash", **give)  # type: ignore[operator, arg-type]
        sold = {"lines": [line(3000, 3500)], "stored_fen": 3000, "spending_order": "paid_in_first"}
        book.purchase(connection, h(whose), **sold)  # type: ignore[operator, arg-type]
        quote = book.quote_refund(connection, whose, rule=rule, now=NOW, interest=interest)  # type: ignore[arg-type]
        paid = book.refund(connection, h(whose, "s2"), quote=quote, payment_method="cash", interest=interest)  # type: ignore[operator]
        assert isinstance(paid, Posted)


def test_the_chart_of_accounts_is_true(engine: Engine) -> None:
    with engine.connect() as connection:
        every_event(connection)
        seen = {
            tuple(row)
            for row in connection.execute(
                text("""
                    SELECT t.kind, CASE WHEN a.member_id IS NULL THEN 'shop ' ELSE 'member ' END || a.kind,
                           CASE WHEN p.amount > 0 THEN 'credit' ELSE 'debit' END
                    FROM posting p JOIN account a ON a.id = p.account_id
                    JOIN transfer t ON t.id = p.transfer_id
                    WHERE t.kind <> 'reversal'
                """)
            )
        }
    written = chart()
    kinds_once = {
        "adjustment",
        "merge_out",
        "merge_in",
        "opening",
    }  # one line stands for all kinds of balances
    assert {row for row in seen if row[0] not in kinds_once} == {
        row for row in written if row[0] not in kinds_once
    }
    assert {row for row in written if row[0] in kinds_once} <= seen
    accounts = set(re.findall(r"^\| `((?:member|shop) \w+)` \|", CHART.read_text("utf-8"), re.MULTILINE))
    assert {account for _, account, _ in seen} == accounts
