"""Day closes against the book: every entry in exactly one close, whatever happens meanwhile (features B8)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread

import pytest
from racing_kit import at_once
from review_support import Counter, counter, new_member, post_top_up
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from actions.closing import day_close
from actions.closing.day_close import CloseChanged, ClosedDay, CloseQuote, OpenDay
from actions.house import Denied
from ledger import book
from ledger.book import Header, Line, ShopAccount, shop_balance, verify
from ledger.records import day_closes


@pytest.fixture
def at(engine: Engine) -> Iterator[Counter]:
    yield counter(engine)
    with engine.connect() as connection:
        assert verify.verify(connection) == []


def top_up(
    at: Counter, amount_fen: int, *, key: str, by: str = "cashier", member_id: int | None = None
) -> None:
    with at.house.engine.begin() as connection:
        done = post_top_up(
            at.house,
            connection,
            at.people[by],
            member_id=member_id or at.member_id,
            amount_fen=amount_fen,
            key=key,
        )
        assert done is not None


def quoted(
    at: Counter, *, by: str = "manager", day: date | None = None, store: str | None = None
) -> CloseQuote:
    """Everything counted as it is booked."""
    found = day_close.open_day(at.house, staff_openid=at.openid(by), day=day, store_id=store)
    assert isinstance(found, OpenDay), found
    counts = {method: found.figures.total("cash", code=method) for method in found.figures.codes("cash")}
    quote = day_close.quote_close(
        at.house, staff_openid=at.openid(by), counts=counts, day=day, store_id=store
    )
    assert isinstance(quote, CloseQuote)
    return quote


def close(
    at: Counter, quote: CloseQuote, *, key: str, by: str = "manager"
) -> ClosedDay | CloseChanged | Denied:
    return day_close.close_day(at.house, staff_openid=at.openid(by), quote=quote, key=key)


def test_two_managers_close_at_once_and_one_close_is_made(at: Counter) -> None:
    top_up(at, 1000, key="k")
    quote = quoted(at)
    results = at_once(
        [
            lambda by=by: close(at, quote, key=f"c:{by}", by=by)
            for by in ("manager", "second_manager", "owner")
        ]
    )
    assert sum(isinstance(each, ClosedDay) for each in results) == 1
    assert {each.code for each in results if isinstance(each, Denied)} <= {"day_closed", "day_close_busy"}
    assert (at.count("day_close"), at.count("seal")) == (1, 1)


def test_the_same_yes_again_is_the_same_close(at: Counter) -> None:
    top_up(at, 1000, key="k")
    quote = quoted(at)
    first, second = close(at, quote, key="c"), close(at, quote, key="c")
    assert isinstance(first, ClosedDay)
    assert isinstance(second, ClosedDay)
    assert (first.replayed, second.replayed) == (False, True)
    assert (first.root, first.close) == (second.root, second.close)


def test_a_variance_without_a_reason_is_refused_by_action_and_database(at: Counter) -> None:
    top_up(at, 1000, key="k")
    found = day_close.quote_close(at.house, staff_openid=at.openid("manager"), counts={"cash": 999})
    assert isinstance(found, CloseQuote)
    denied = close(at, found, key="c")
    assert isinstance(denied, Denied)
    assert denied.code == "day_reason_needed"
    assert isinstance(close(at, quoted(at), key="c"), ClosedDay)
    lie = text("INSERT INTO day_count VALUES (1, 'wechat', 0, 1, 2, '', 1, now(), 'k')")
    with pytest.raises(DBAPIError, match="day_count_reason"), at.house.engine.begin() as connection:
        connection.execute(lie)
    for change in ("UPDATE day_count SET counted_fen = 0", "DELETE FROM day_close", "TRUNCATE month_close"):
        with pytest.raises(DBAPIError, match="append-only"), at.house.engine.begin() as connection:
            connection.execute(text(change))


def test_an_entry_in_flight_is_waited_for_or_the_close_is_put_off(at: Counter) -> None:
    """Its number is taken, its commit is to come: a close that did not wait would lose it for ever."""
    top_up(at, 1000, key="k1")
    quote = quoted(at)
    written, may_commit = Event(), Event()

    def slow_cashier() -> None:
        with at.house.engine.begin() as connection:
            post_top_up(
                at.house, connection, at.people["cashier"], member_id=at.member_id, amount_fen=77, key="slow"
            )
            written.set()
            may_commit.wait(30)

    thread = Thread(target=slow_cashier)
    thread.start()
    assert written.wait(30)
    assert close(at, quote, key="c") == Denied("day_close_busy")
    may_commit.set()
    thread.join()
    changed = close(at, quote, key="c")
    assert isinstance(changed, CloseChanged)
    assert changed.quote.counts == (("cash", 1077, 1000),)
    assert isinstance(close(at, quoted(at), key="c"), ClosedDay)


def test_an_entry_dated_before_the_close_but_written_later_is_in_the_next(at: Counter) -> None:
    top_up(at, 1000, key="k1")
    assert isinstance(close(at, quoted(at), key="c1"), ClosedDay)
    at.clock.now -= timedelta(hours=1)  # another machine's clock is an hour behind
    top_up(at, 50, key="k2")
    at.clock.now += timedelta(days=1)
    next_quote = quoted(at)
    assert next_quote.counts == (("cash", 50, 50),)
    assert isinstance(close(at, next_quote, key="c2"), ClosedDay)


def test_stores_close_apart(at: Counter) -> None:
    top_up(at, 1000, key="k1")
    with at.house.engine.begin() as connection:
        now = at.clock()
        header = Header("k2", "wangjing", "staff:5", at.member_id, now, now)
        book.top_up(connection, header, paid_fen=70, payment_method="wechat")
    assert isinstance(close(at, quoted(at), key="c1"), ClosedDay)
    other = quoted(at, by="other_manager")
    assert (other.store_id, other.counts) == ("wangjing", (("wechat", 70, 70),))
    assert quoted(at, by="owner", store="wangjing") == other


@pytest.mark.parametrize("seed", range(4))
def test_every_entry_is_in_exactly_one_close(at: Counter, seed: int) -> None:
    """Random days: top-ups, purchases, refusals, reversals, closes of today and yesterday, days forgotten."""
    chance = random.Random(seed)
    at.clock.now = datetime(2028, 2, 28, 2, 0, tzinfo=UTC)  # over a leap day and a month's end
    with at.house.engine.begin() as connection:
        others = [new_member(connection, f"会员{n}", f"1390000{n:04}") for n in range(3)]
    assert isinstance(close(at, quoted(at), key="first"), ClosedDay)
    for step in range(40):
        at.clock.now += timedelta(hours=chance.choice((0, 1, 3, 7)))
        random_entry(at, chance, step, chance.choice(others))
        if chance.random() < 0.3:
            day = day_close.closing_day(at.house, at.clock()) - timedelta(days=chance.choice((0, 0, 1)))
            found = day_close.open_day(at.house, staff_openid=at.openid("manager"), day=day)
            if isinstance(found, OpenDay):
                assert isinstance(close(at, quoted(at, day=day), key=f"c{step}"), ClosedDay)
    at.clock.now += timedelta(days=2)
    assert isinstance(close(at, quoted(at), key="last"), ClosedDay)
    with at.house.engine.connect() as connection:
        closes = day_closes.between(connection, date(2028, 1, 1), date(2028, 12, 31), store_id="guomao")
        for method in ("cash", "wechat"):
            booked = -shop_balance(connection, ShopAccount("guomao", "cash", method))
            assert sum(each.figures.total("cash", code=method) for each in closes) == booked
            counted = [c for each in closes for c in day_closes.counts(connection, each.id)]
            assert sum(c.counted_fen for c in counted if c.payment_method == method) == booked
        sales = sum(
            shop_balance(connection, ShopAccount("guomao", "revenue", code))
            for code in ("paid_in", "gift", "outside")
        )
        assert sum(each.figures.total("revenue") for each in closes) == sales
        entries = at.count("transfer", "refused IS NULL AND store_id = 'guomao'")
        assert sum(each.entries for each in closes) == entries


def random_entry(at: Counter, chance: random.Random, step: int, member_id: int) -> None:
    now = at.clock() - timedelta(minutes=chance.choice((0, 0, 90)))
    header = Header(f"k{step}", "guomao", f"staff:{chance.choice((1, 2))}", member_id, now, now)
    method = chance.choice(("cash", "wechat"))
    with at.house.engine.begin() as connection:
        match chance.randrange(3):
            case 0:
                book.top_up(connection, header, paid_fen=chance.randrange(1, 9999), payment_method=method)
            case 1:
                stored, outside = chance.randrange(0, 3000), chance.randrange(0, 3000)
                book.purchase(
                    connection,
                    header,
                    lines=[Line("x", "护理", "facial", 1, stored + outside, stored + outside)],
                    stored_fen=stored,
                    spending_order="paid_in_first",
                    outside_fen=outside,
                    payment_method=method if outside else None,
                )
            case _:
                last = connection.execute(
                    text("SELECT max(id) FROM transfer WHERE member_id = :m AND kind <> 'reversal'"),
                    {"m": member_id},
                ).scalar()
                if last is not None:
                    book.reverse(connection, header, transfer_id=last, reason="记错")
