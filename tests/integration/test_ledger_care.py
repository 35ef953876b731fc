"""Reversals, refunds, adjustments, debts, deposits, merging, expiry, opening balances on real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from ledger_support import DAY, NOW, header, line, new_member, posted, postings
from sqlalchemy import Connection

from ledger.book import (
    DepositUse,
    EntitlementBalance,
    EntitlementGrant,
    Interest,
    Posted,
    Refused,
    ShopAccount,
    adjust,
    balances,
    expire_due,
    expiring,
    grant_points,
    merge,
    purchase,
    quote_refund,
    refund,
    repay_debt,
    return_deposit,
    reverse,
    shop_balance,
    spend_points,
    take_deposit,
    top_up,
)
from ledger.book.opening import OpeningRow, import_rows, read_rows
from ledger.book.values import KeyConflict, Outcome


def top_up_300(connection: Connection, member_id: int, key: str = "top") -> int:
    done = top_up(
        connection,
        header(key, member_id),
        paid_fen=30000,
        payment_method="wechat",
        gift_fen=3000,
        gift_expires_at=NOW + 30 * DAY,
        points=300,
        points_expires_at=NOW + 10 * DAY,
        entitlements=[EntitlementGrant("facial", "times", 2)],
    )
    assert isinstance(done, Posted)
    return done.transfer_id


def buy(
    connection: Connection,
    member_id: int,
    fen: int,
    key: str = "buy",
    *,
    list_fen: int | None = None,
    store: str = "s1",
) -> Posted:
    done = purchase(
        connection,
        header(key, member_id, store_id=store),
        lines=[line(fen, list_fen)],
        stored_fen=fen,
        spending_order="paid_in_first",
        points_earned=fen // 1000,
    )
    assert isinstance(done, Posted)
    return done


def undo(
    connection: Connection, member_id: int, transfer_id: int, key: str = "undo", **more: object
) -> Outcome:
    at = more.pop("at", NOW)
    return reverse(
        connection,
        header(key, member_id, at=at),  # type: ignore[arg-type]
        transfer_id=transfer_id,
        reason="录错了",
        **more,  # type: ignore[arg-type]
    )


def test_a_top_up_is_undone_whole(connection: Connection, member_id: int) -> None:
    transfer_id = top_up_300(connection, member_id)
    done = undo(connection, member_id, transfer_id)
    assert posted(done).stored_fen == posted(done).points == 0
    assert posted(done).entitlements == ()
    assert postings(connection, done) == {
        "member/paid_in": -30000,
        "s1/cash/wechat": 30000,
        "member/gift": -3000,
        "s1/gift_cost": 3000,
        "member/points": -300,
        "s1/points_cost": 300,
        "member/entitlement/facial": -2,
        "s1/entitlement_issued/facial": 2,
    }


def test_a_purchase_is_undone_into_the_same_lots(connection: Connection, member_id: int) -> None:
    top_up_300(connection, member_id)
    bought = buy(connection, member_id, 31000, store="s2")
    before = postings(connection, bought)
    done = undo(connection, member_id, bought.transfer_id)
    assert (posted(done).paid_in_fen, posted(done).gift_fen, posted(done).points) == (30000, 3000, 300)
    assert postings(connection, done) == {account: -amount for account, amount in before.items()}
    [gift, *_] = [lot for lot in expiring(connection, member_id, NOW + 60 * DAY, NOW) if lot.kind == "gift"]
    assert (gift.amount, gift.expires_at) == (3000, NOW + 30 * DAY)


def test_what_expired_meanwhile_is_given_anew_for_a_while(connection: Connection, member_id: int) -> None:
    grant_points(connection, header("k1", member_id), points=100, expires_at=NOW + DAY, reason="gift")
    spent = spend_points(connection, header("k2", member_id), points=100, reward_id="cup")
    assert isinstance(spent, Posted)
    done = undo(connection, member_id, spent.transfer_id, at=NOW + 2 * DAY, grace=timedelta(days=7))
    assert posted(done).points == 100
    [lot] = expiring(connection, member_id, NOW + 90 * DAY, NOW + 2 * DAY)
    assert (lot.amount, lot.expires_at) == (100, NOW + 9 * DAY)


def test_a_grant_that_expired_comes_out_of_breakage(connection: Connection, member_id: int) -> None:
    granted = grant_points(
        connection, header("k1", member_id), points=100, expires_at=NOW + DAY, reason="gift"
    )
    assert isinstance(granted, Posted)
    done = undo(connection, member_id, granted.transfer_id, at=NOW + 2 * DAY)
    assert postings(connection, done) == {"s1/points_cost": 100, "s1/breakage": -100}


def test_what_is_spent_already_is_an_explicit_outcome(connection: Connection, member_id: int) -> None:
    transfer_id = top_up_300(connection, member_id)
    buy(connection, member_id, 31000)
    refused = undo(connection, member_id, transfer_id, key="u1")
    assert isinstance(refused, Refused)
    assert refused.code == "already_used"
    assert refused.detail["missing"] == [
        {"what": "paid_in", "code": "", "unit": "fen", "amount": 30000},
        {"what": "gift", "code": "", "unit": "fen", "amount": 1000},
    ]
    done = undo(connection, member_id, transfer_id, key="u2", carry_debt=True)
    assert (posted(done).stored_fen, posted(done).debt_fen, posted(done).points) == (0, 31000, 31)
    too_much = repay_debt(connection, header("r0", member_id), paid_fen=31001, payment_method="cash")
    assert too_much == Refused("more_than_owed", {"owed": 31000}, replayed=False)
    paid = repay_debt(connection, header("r1", member_id), paid_fen=31000, payment_method="cash")
    assert posted(paid).debt_fen == 0
    undone = undo(connection, member_id, paid.transfer_id if isinstance(paid, Posted) else 0, key="u3")
    assert posted(undone).debt_fen == 31000


def test_reversals_that_are_refused(connection: Connection, member_id: int) -> None:
    other = new_member(connection, "阿芳")
    transfer_id = top_up_300(connection, member_id)
    first = undo(connection, member_id, transfer_id, key="u1")
    assert isinstance(first, Posted)
    cases = [
        (member_id, transfer_id, "already_reversed"),
        (member_id, first.transfer_id, "not_reversible"),
        (member_id, 10**9, "not_found"),
        (other, transfer_id, "not_found"),
    ]
    for number, (whose, which, code) in enumerate(cases):
        refused = undo(connection, whose, which, key=f"r{number}")
        assert isinstance(refused, Refused)
        assert refused.code == code
        assert isinstance(undo(connection, whose, which, key=f"r{number}"), Refused)
    again = undo(connection, member_id, transfer_id, key="u1")
    assert again == Posted(first.transfer_id, True, first.balances)
    with pytest.raises(KeyConflict):
        undo(connection, member_id, first.transfer_id, key="u1")


def test_a_refund_by_the_consumer(connection: Connection, member_id: int) -> None:
    top_up_300(connection, member_id)
    buy(connection, member_id, 10000, list_fen=12500)
    quote = quote_refund(connection, member_id, rule="consumer", now=NOW + DAY)
    [part] = quote.lines
    assert (part.deducted_fen, part.refund_fen, part.difference_fen, part.gift_taken_back_fen) == (
        12500,
        17500,
        2500,
        3000,
    )
    done = refund(connection, header("back", member_id, at=NOW + DAY), quote=quote, payment_method="wechat")
    assert postings(connection, done) == {
        "member/paid_in": -20000,
        "s1/cash/wechat": 17500,
        "s1/refund_difference": 2500,
        "member/gift": -3000,
        "s1/gift_cost": 3000,
        "member/points": -300,
        "s1/points_cost": 300,
        "member/entitlement/facial": -2,
        "s1/entitlement_issued/facial": 2,
    }
    assert (posted(done).stored_fen, posted(done).points) == (0, 10)
    assert quote_refund(connection, member_id, rule="consumer", now=NOW + DAY).lines == ()


def test_a_refund_by_the_operator_in_another_store_with_interest(
    connection: Connection, member_id: int
) -> None:
    done = top_up(connection, header("k1", member_id), paid_fen=100000, payment_method="cash", gift_fen=20000)
    assert isinstance(done, Posted)
    buy(connection, member_id, 30000)
    interest = Interest(annual_rate_ppm=30_000, since=NOW.date() - timedelta(days=365))
    quote = quote_refund(connection, member_id, rule="operator", now=NOW, interest=interest)
    assert (quote.refund_fen, quote.interest_fen, quote.payout_fen) == (75000, 2250, 77250)
    there = header("back", member_id, store_id="s2")
    paid = refund(connection, there, quote=quote, payment_method="cash", interest=interest)
    assert postings(connection, paid) == {
        "member/paid_in": -70000,
        "member/gift": -20000,
        "s1/gift_cost": 20000,
        "s1/refund_difference": -5000,
        "s2/cash/cash": 77250,
        "s2/interest_cost": -2250,
        "s1/settlement/s2": 75000,
        "s2/settlement/s1": -75000,
    }


def test_seven_days_and_their_exception(connection: Connection, member_id: int) -> None:
    top_up_300(connection, member_id, "old")
    late = header("new", member_id, at=NOW + 5 * DAY)
    top_up(connection, late, paid_fen=1000, payment_method="cash")
    quote = quote_refund(connection, member_id, rule="seven_days", now=NOW + 8 * DAY)
    assert [part.refund_fen for part in quote.lines] == [1000]
    excepted = quote_refund(connection, member_id, rule="seven_days", now=NOW + DAY, had_same_before=True)
    assert excepted.lines == ()
    nothing = refund(
        connection, header("x", member_id), quote=excepted, payment_method="cash", had_same_before=True
    )
    assert nothing == Refused("nothing_to_refund", {}, replayed=False)


def test_a_reversed_purchase_does_not_count_and_a_stale_quote_is_refused(
    connection: Connection, member_id: int
) -> None:
    top_up_300(connection, member_id)
    bought = buy(connection, member_id, 10000)
    stale = quote_refund(connection, member_id, rule="consumer", now=NOW)
    undo(connection, member_id, bought.transfer_id)
    refused = refund(connection, header("r1", member_id), quote=stale, payment_method="cash")
    assert isinstance(refused, Refused)
    assert refused.code == "changed"
    fresh = quote_refund(connection, member_id, rule="consumer", now=NOW)
    assert fresh.payout_fen == 30000
    done = refund(connection, header("r2", member_id), quote=fresh, payment_method="cash")
    assert isinstance(done, Posted)
    assert posted(undo(connection, member_id, done.transfer_id, key="u2")).stored_fen == 33000
    assert quote_refund(connection, member_id, rule="consumer", now=NOW).payout_fen == 30000


def test_adjustments(connection: Connection, member_id: int) -> None:
    up = adjust(connection, header("a1", member_id), kind="paid_in", amount=500, reason="补录旧卡")
    assert postings(connection, up) == {"member/paid_in": 500, "s1/adjustment": -500}
    down = adjust(connection, header("a2", member_id), kind="paid_in", amount=-600, reason="多录")
    assert isinstance(down, Refused)
    times = adjust(
        connection,
        header("a3", member_id),
        kind="entitlement",
        amount=3,
        code="facial",
        unit="times",
        reason="赠送",
    )
    assert posted(times).entitlements == (EntitlementBalance("facial", "times", 3),)
    fewer = adjust(
        connection,
        header("a4", member_id),
        kind="entitlement",
        amount=-1,
        code="facial",
        unit="times",
        reason="x",
    )
    assert posted(fewer).entitlements == (EntitlementBalance("facial", "times", 2),)
    for wrong in (
        {"amount": 0, "reason": "x"},
        {"amount": 5, "reason": " "},
        {"amount": 5, "reason": "x", "code": "c"},
    ):
        with pytest.raises(ValueError, match="adjust"):
            adjust(connection, header("a5", member_id), kind="points", **wrong)  # type: ignore[arg-type]


def test_a_deposit_is_used_by_its_order_only(connection: Connection, member_id: int) -> None:
    put = take_deposit(
        connection, header("d1", member_id), order_id="ring7", paid_fen=5000, payment_method="cash"
    )
    assert posted(put).deposit_fen == 5000
    assert posted(put).stored_fen == 0
    bought = purchase(
        connection,
        header("d2", member_id),
        lines=[line(9000)],
        stored_fen=0,
        spending_order="gift_first",
        outside_fen=5000,
        payment_method="cash",
        deposit_uses=[DepositUse("ring7", 4000)],
    )
    assert postings(connection, bought) == {
        "member/deposit/ring7": -4000,
        "s1/revenue/deposit": 4000,
        "s1/cash/cash": -5000,
        "s1/revenue/outside": 5000,
    }
    back = return_deposit(
        connection, header("d3", member_id), order_id="ring7", amount_fen=1000, payment_method="cash"
    )
    assert posted(back).deposit_fen == 0


def test_two_cards_become_one(connection: Connection, member_id: int) -> None:
    other = new_member(connection, "小林的旧卡")
    top_up_300(connection, other, "t1")
    debt = grant_points(connection, header("g", other), points=7, expires_at=None, reason="x")
    assert isinstance(debt, Posted)
    spend_points(connection, header("s", other), points=305, reward_id="cup")
    undo(connection, other, debt.transfer_id, carry_debt=True)
    out, into = merge(connection, header("m", other), into_member_id=member_id)
    assert posted(out).stored_fen == posted(out).points == posted(out).debt_points == 0
    held = posted(into)
    assert (held.paid_in_fen, held.gift_fen, held.points, held.debt_points) == (30000, 3000, 0, 5)
    assert held.entitlements == (EntitlementBalance("facial", "times", 2),)
    [gift] = expiring(connection, member_id, NOW + 60 * DAY, NOW)
    assert (gift.kind, gift.expires_at) == ("gift", NOW + 30 * DAY)
    again = merge(connection, header("m", other), into_member_id=member_id)
    assert [isinstance(part, Posted) and part.replayed for part in again] == [True, True]
    closed = top_up(connection, header("late", other), paid_fen=5, payment_method="cash")
    assert closed == Refused("closed", {}, replayed=False)
    assert quote_refund(connection, member_id, rule="consumer", now=NOW).payout_fen == 30000


def test_expiry_run(connection: Connection, member_id: int) -> None:
    other = new_member(connection, "阿芳")
    for number, whose in enumerate([member_id, other]):
        top_up(
            connection,
            header(f"t{number}", whose),
            paid_fen=1000,
            payment_method="cash",
            gift_fen=100,
            gift_expires_at=NOW + DAY,
        )
    assert expire_due(connection, now=NOW + DAY - timedelta(seconds=1)) == 0
    assert expire_due(connection, now=NOW + DAY) == 2
    assert expire_due(connection, now=NOW + DAY) == 0
    assert balances(connection, other, now=NOW).stored_fen == 1000
    assert shop_balance(connection, ShopAccount("s1", "breakage")) == 200


def test_opening_balances_are_imported_once(connection: Connection) -> None:
    lines = [
        "card_no,name,phone,paid_in,gift,gift_expires_on,points,points_expires_on,entitlements",
        "A1,林,13800138000,300,30,2026-12-31,100,,facial:times:3",
        "A2,芳,13900139000,,,,,,",
    ]
    rows, errors = read_rows(lines, UTC)
    assert errors == []
    made: dict[str, int] = {}

    def member_of(row: OpeningRow) -> int:
        return made.setdefault(row.card_no, new_member(connection, row.name))

    def run(rows: list[OpeningRow]) -> tuple[int, int]:
        report = import_rows(
            connection, rows, source="old", store_id="s1", actor="owner", now=NOW, member_of=member_of
        )
        return report.posted, report.already

    assert run(rows) == (2, 0)
    first = made["A1"]
    made.clear()  # a card without a phone must be found by its key
    assert run(rows) == (0, 2)
    assert made == {}
    held = balances(connection, first, now=NOW)
    assert (held.paid_in_fen, held.gift_fen, held.points) == (30000, 3000, 100)
    other, _ = read_rows([lines[0], "A1,林,13800138000,400,,,,,"], UTC)
    with pytest.raises(KeyConflict):
        run(other)
