"""What a staff member may book alone: per entry, per day, never by many small ones at once (features C2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from racing_kit import at_once
from review_support import SHOP, Counter, counter, decide, file, new_member, post_top_up
from sqlalchemy import Engine

from actions.counter import top_ups
from actions.review import limits
from actions.review.approvals import Filed
from actions.review.decisions import Decided
from actions.review.limits import Review
from ledger import book
from ledger.book import verify

DAY_LIMIT_FEN = 2_000_000  # the cashier's in the example shop


@pytest.fixture
def at(engine: Engine) -> Counter:
    return counter(engine)


def weigh(
    at: Counter, amount_fen: int, *, by: str = "cashier", occurred_at: datetime | None = None
) -> Review | None:
    with at.house.engine.begin() as connection:
        return limits.weigh(
            at.house,
            connection,
            at.people[by],
            kind="top_up",
            amount_fen=amount_fen,
            occurred_at=occurred_at or at.clock(),
            now=at.clock(),
        )


def spend_the_day(at: Counter, amount_fen: int, *, key: str = "spent") -> int:
    with at.house.engine.begin() as connection:
        done = post_top_up(
            at.house,
            connection,
            at.people["cashier"],
            member_id=at.member_id,
            amount_fen=amount_fen,
            key=key,
        )
        assert done is not None
        return done.transfer_id


@pytest.mark.parametrize(
    ("by", "amount_fen", "expected"),
    [
        ("cashier", 200_000, None),
        ("cashier", 200_001, Review(("over_entry",))),
        ("manager", 500_000, None),
        ("manager", 500_001, Review(("over_entry",))),
        ("head_office", 10_000_000, None),
        ("owner", 10_000_000, None),
    ],
)
def test_per_entry(at: Counter, by: str, amount_fen: int, expected: Review | None) -> None:
    assert weigh(at, amount_fen, by=by) == expected


def test_per_day_to_the_fen(at: Counter) -> None:
    spend_the_day(at, DAY_LIMIT_FEN - 100)
    assert weigh(at, 100) is None
    assert weigh(at, 101) == Review(("over_day",))
    assert weigh(at, 101, by="second_cashier") is None
    assert weigh(at, 300_000) == Review(("over_entry", "over_day"))


@pytest.mark.parametrize(
    ("booked_at", "asked_at", "same_day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 21, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), datetime(2026, 11, 22, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), datetime(2026, 11, 30, 17, 0, tzinfo=UTC), False),
        (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), datetime(2028, 2, 29, 15, 59, tzinfo=UTC), True),
    ],
)
def test_a_day_is_the_shop_s_own(
    at: Counter, booked_at: datetime, asked_at: datetime, same_day: bool
) -> None:
    at.clock.now = booked_at
    spend_the_day(at, DAY_LIMIT_FEN)
    at.clock.now = asked_at
    assert weigh(at, 1) == (Review(("over_day",)) if same_day else None)


def test_backdating_is_reviewed_for_all_but_the_owner(at: Counter) -> None:
    yesterday = at.clock() - timedelta(days=1)
    for by in ("cashier", "manager", "head_office"):
        assert weigh(at, 100, by=by, occurred_at=yesterday) == Review(("backdated",))
    assert weigh(at, 100, by="owner", occurred_at=yesterday) is None
    assert weigh(at, 100, occurred_at=at.clock() - timedelta(hours=2)) is None  # the same day


def test_what_another_approved_counts_for_that_other(at: Counter) -> None:
    filed = file(at, amount_fen=300_000)
    assert isinstance(decide(at, filed.number), Decided)
    zone = at.house.shop.zone
    with at.house.engine.begin() as connection:
        booked = {
            who: limits.booked_today_fen(connection, at.people[who].id, zone=zone, now=at.clock())
            for who in ("cashier", "manager")
        }
    assert booked == {"cashier": 0, "manager": 300_000}


def test_a_reversal_does_not_use_up_the_day(at: Counter) -> None:
    transfer_id = spend_the_day(at, 500_000)
    with at.house.engine.begin() as connection:
        now = at.clock()
        header = book.Header("undo", "guomao", "staff:1", at.member_id, now, now)
        book.reverse(connection, header, transfer_id=transfer_id, reason="")
        found = limits.booked_today_fen(connection, at.people["cashier"].id, zone=at.house.shop.zone, now=now)
    assert found == 500_000


def test_many_small_entries_at_once_do_not_slip_past_the_day(at: Counter) -> None:
    spend_the_day(at, DAY_LIMIT_FEN - 1000)
    cashier = at.people["cashier"]
    with at.house.engine.begin() as connection:
        others = [new_member(connection, f"会员{n}", f"1390000{n:04}") for n in range(8)]

    def entry(member_id: int) -> bool:
        with at.house.engine.begin() as connection:
            now = at.clock()
            review = limits.weigh(
                at.house, connection, cashier, kind="top_up", amount_fen=300, occurred_at=now, now=now
            )
            if review is None:
                post_top_up(
                    at.house, connection, cashier, member_id=member_id, amount_fen=300, key=f"k{member_id}"
                )
            return review is None

    booked = at_once([lambda each=each: entry(each) for each in others])
    assert sum(map(bool, booked)) == 3  # 1,000 fen were left: three times 300
    with at.house.engine.connect() as connection:
        assert verify.verify(connection) == []


def test_eight_confirmed_top_ups_at_once_book_what_the_day_allows_and_file_the_rest(engine: Engine) -> None:
    roles = tuple(
        role.model_copy(update={"per_day_fen": 100_000}) if role.id == "cashier" else role
        for role in SHOP.roles
    )
    at = counter(engine, SHOP.model_copy(update={"roles": roles}))
    by = at.openid("cashier")
    quotes = []
    for number in range(8):
        phone = f"1390000{number:04}"
        with at.house.engine.begin() as connection:
            new_member(connection, f"会员{number}", phone)
        request = top_ups.TopUpRequest(phone, 30_000, "cash")
        quote = top_ups.quote_top_up(at.house, staff_openid=by, request=request)
        assert isinstance(quote, top_ups.TopUpQuote)
        quotes.append(quote)

    def confirm(quote: top_ups.TopUpQuote) -> object:
        key = f"quote:{quote.member_id}"
        return top_ups.record_top_up(at.house, staff_openid=by, quote=quote, key=key)

    first = at_once([lambda quote=quote: confirm(quote) for quote in quotes])
    assert sum(isinstance(each, top_ups.TopUpReceipt) for each in first) == 3
    assert sum(isinstance(each, Filed) for each in first) == 5
    assert (at.count("transfer", "kind = 'top_up'"), at.count("approval")) == (3, 5)
    again = [confirm(quote) for quote in quotes]  # every yes once more: the same answers, nothing new
    assert [type(each) for each in again] == [type(each) for each in first]
    assert (at.count("transfer", "kind = 'top_up'"), at.count("approval")) == (3, 5)
