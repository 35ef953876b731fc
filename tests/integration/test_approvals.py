"""Four eyes: who decides, once, and what everybody is told (features C2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from racing_kit import at_once
from review_support import Counter, counter, decide, file
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from actions.house import Denied
from actions.review import approvals, decisions
from actions.review.decisions import Decided
from ledger.book import verify
from ledger.records import contacts, members, messages


@pytest.fixture
def at(engine: Engine) -> Counter:
    return counter(engine)


def told(at: Counter, who: str) -> list[str]:
    with at.house.engine.connect() as connection:
        return [message.text for message in messages.of_openid(connection, at.openid(who))]


def test_the_managers_of_the_store_are_told_and_nobody_else(at: Counter) -> None:
    filed = file(at)
    assert filed == approvals.Filed(1, replayed=False)
    assert file(at) == approvals.Filed(1, replayed=True)
    for who in ("manager", "second_manager"):
        (message,) = told(at, who)
        assert "待审核 1" in message
        assert "超过单笔权限" in message
    assert [told(at, who) for who in ("other_manager", "head_office", "owner", "cashier")] == [[]] * 4
    assert at.count("procrastinate_jobs") == 2


def test_a_manager_who_asks_is_decided_by_another_and_is_not_told(at: Counter) -> None:
    filed = file(at, by="manager")
    assert told(at, "manager") == []
    assert len(told(at, "second_manager")) == 1
    assert decide(at, filed.number, by="manager") == Denied("approval_own", {"number": 1})
    assert isinstance(decide(at, filed.number, by="second_manager"), Decided)


def test_approved_is_booked_once_and_signed_by_both(at: Counter) -> None:
    filed = file(at)
    done = decide(at, filed.number)
    assert isinstance(done, Decided)
    assert (done.outcome, done.requester_name, done.replayed) == ("approved", "cashier", False)
    assert decide(at, filed.number) == Decided(
        1, "approved", done.summary, "cashier", done.transfer_id, replayed=True
    )
    with at.house.engine.connect() as connection:
        signed = connection.execute(
            text(
                "SELECT s.name, a.what FROM act a JOIN staff s ON s.id = a.staff_id WHERE a.transfer_id = :t"
            ),
            {"t": done.transfer_id},
        ).all()
        assert verify.verify(connection) == []
    assert sorted(tuple(row) for row in signed) == [("cashier", "top_up"), ("manager", "approval_given")]
    assert at.count("transfer") == 1
    assert "已由manager通过" in told(at, "cashier")[0]


def test_turned_down_needs_a_reason_and_books_nothing(at: Counter) -> None:
    filed = file(at)
    assert decide(at, filed.number, approve=False, reason=" ") == Denied(
        "approval_reason_needed", {"number": 1}
    )
    done = decide(at, filed.number, approve=False, reason="没见到钱")
    assert isinstance(done, Decided)
    assert done.outcome == "rejected"
    assert "理由：没见到钱" in told(at, "cashier")[0]
    again = decide(at, filed.number, by="second_manager", key="d2")
    assert isinstance(again, Denied)
    assert (again.code, again.detail["decider"], again.detail["outcome"]) == (
        "approval_decided",
        "manager",
        "驳回",
    )
    assert at.count("transfer") == 0


def test_the_member_hears_that_it_waits_and_that_it_was_not_booked(at: Counter) -> None:
    with at.house.engine.begin() as connection:
        contacts.follow(connection, openid="oLin", scene="", at=at.clock())
        members.bind(connection, openid="oLin", member_id=at.member_id, at=at.clock())
    filed = file(at)
    decide(at, filed.number, approve=False, reason="没见到钱")
    with at.house.engine.connect() as connection:
        newest, first = messages.of_openid(connection, "oLin")
    assert "等店长确认" in first.text
    assert "没有入账" in newest.text
    assert "没见到钱" not in newest.text


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("cashier", "role_not_enough"),
        ("second_cashier", "role_not_enough"),
        ("other_manager", "approval_other_store"),
        ("nobody", "not_staff"),
    ],
)
def test_who_may_not_decide(at: Counter, by: str, code: str) -> None:
    denied = decide(at, file(at).number, by=by)
    assert isinstance(denied, Denied)
    assert denied.code == code
    assert at.count("approval", "state = 'waiting'") == 1


@pytest.mark.parametrize("by", ["head_office", "owner"])
def test_head_office_and_owner_decide_for_every_store(at: Counter, by: str) -> None:
    assert isinstance(decide(at, file(at, amount_fen=450_000).number, by=by), Decided)


def test_nobody_decides_on_his_own_card(at: Counter) -> None:
    with at.house.engine.begin() as connection:
        contacts.follow(connection, openid=at.openid("manager"), scene="", at=at.clock())
        members.bind(connection, openid=at.openid("manager"), member_id=at.member_id, at=at.clock())
    assert decide(at, file(at).number) == Denied("approval_own_card", {"number": 1})


def test_a_manager_approves_within_his_own_limit_only(at: Counter) -> None:
    filed = file(at, amount_fen=600_000)
    denied = decide(at, filed.number)
    assert isinstance(denied, Denied)
    assert (denied.code, denied.detail["limits"]) == ("approval_over_limit", "超过单笔权限")
    assert isinstance(decide(at, filed.number, by="owner"), Decided)


def test_a_changed_quote_is_shown_before_it_is_booked(at: Counter) -> None:
    filed = file(at, price_rose=True)
    first = decide(at, filed.number)
    assert isinstance(first, Decided)
    assert (first.outcome, first.summary, first.transfer_id) == ("requoted", "新的报价", None)
    assert at.count("transfer") == 0
    listed = approvals.waiting(at.house, staff_openid=at.openid("manager"))
    assert isinstance(listed, tuple)
    assert [each.summary for each in listed] == ["新的报价"]
    second = decide(at, filed.number, key="d2")
    assert isinstance(second, Decided)
    assert second.outcome == "approved"


def test_what_nobody_decides_lapses_and_the_requester_hears_of_it(at: Counter) -> None:
    first, second = file(at), file(at, key="quote:2")
    at.clock.now += timedelta(hours=24)
    denied = decide(at, first.number)
    assert isinstance(denied, Denied)
    assert denied.code == "approval_expired"
    assert decisions.lapse(at.house) == 0  # both were closed by then
    assert at.count("approval", "state = 'expired'") == 2
    assert sum("已过期" in each for each in told(at, "cashier")) == 2
    assert isinstance(decide(at, second.number, by="owner"), Denied)
    assert approvals.waiting(at.house, staff_openid=at.openid("owner")) == ()


def test_two_managers_at_once_book_once(at: Counter) -> None:
    for number in range(1, 6):
        filed = file(at, key=f"quote:{number}", amount_fen=10_000)
        results = at_once(
            [
                lambda n=filed.number: decide(at, n, by="manager", key=f"a{n}"),
                lambda n=filed.number: decide(at, n, by="second_manager", key=f"b{n}"),
                lambda n=filed.number: decide(at, n, by="owner", approve=False, reason="不行", key=f"c{n}"),
            ]
        )
        won = [each for each in results if isinstance(each, Decided)]
        lost = [each for each in results if isinstance(each, Denied)]
        assert len(won) == 1
        assert {each.code for each in lost} == {"approval_decided"}
    assert at.count("transfer") == at.count("approval", "state = 'approved'")
    assert at.count("approval", "state = 'waiting'") == 0


def test_the_database_itself_refuses_one_pair_of_eyes_and_second_thoughts(at: Counter) -> None:
    filed = file(at)
    alone = text(
        "UPDATE approval SET state = 'approved', decider_id = requester_id, decided_at = filed_at,"
        " decision_key = 'k' WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="approval_four_eyes"), at.house.engine.begin() as connection:
        connection.execute(alone, {"id": filed.number})
    assert isinstance(decide(at, filed.number), Decided)
    undo = text("UPDATE approval SET reason = 'x' WHERE id = :id")
    with pytest.raises(DBAPIError, match="is decided"), at.house.engine.begin() as connection:
        connection.execute(undo, {"id": filed.number})
    with pytest.raises(DBAPIError, match="append-only"), at.house.engine.begin() as connection:
        connection.execute(text("DELETE FROM approval"))


def test_a_dismissed_requester_s_entry_cannot_be_booked(at: Counter) -> None:
    from ledger.records import staff

    filed = file(at)
    with at.house.engine.begin() as connection:
        staff.dismiss(connection, at.people["cashier"].id)
    denied = decide(at, filed.number)
    assert isinstance(denied, Denied)
    assert denied.code == "approval_requester_gone"
