"""The night marks coupons that are over, and finds one whose booking was undone without it."""

from __future__ import annotations

from ledger_support import DAY, NOW, header, line, new_member
from sqlalchemy import Engine, text

from actions.counter import coupons as actions_coupons
from actions.upkeep.nightly import care_for_book
from ledger import book
from ledger.book import Posted
from ledger.records import coupons


def test_the_night_expires_coupons_and_checks_them(engine: Engine) -> None:
    with engine.begin() as connection:
        member = new_member(connection)
        for number, days in enumerate((1, 1, 9)):
            coupons.issue(
                connection,
                member_id=member,
                kind_id="off",
                content={"id": "off"},
                count=1,
                source_key=f"g{number}",
                at=NOW,
                expires_at=NOW + days * DAY,
                store_id="s1",
            )
    night = care_for_book(engine, lambda: NOW + 2 * DAY)
    assert (night.expired_coupons, night.findings) == (2, ())
    assert care_for_book(engine, lambda: NOW + 2 * DAY).expired_coupons == 0
    assert actions_coupons.expire_all(engine, NOW + 9 * DAY) == 1


def test_the_night_names_a_used_coupon_whose_booking_is_undone(engine: Engine) -> None:
    with engine.begin() as connection:
        member = new_member(connection)
        given = coupons.issue(
            connection,
            member_id=member,
            kind_id="off",
            content={"id": "off"},
            count=1,
            source_key="g",
            at=NOW,
            expires_at=NOW + DAY,
            store_id="s1",
        )
        assert isinstance(given, tuple)
        done = book.purchase(
            connection,
            header("buy", member),
            lines=[line(100)],
            stored_fen=0,
            outside_fen=100,
            payment_method="cash",
            spending_order="paid_in_first",
        )
        assert isinstance(done, Posted)
        coupons.use(connection, given, member_id=member, transfer_id=done.transfer_id, at=NOW)
        book.reverse(connection, header("undo", member), transfer_id=done.transfer_id, reason="错")
    found = care_for_book(engine, lambda: NOW).findings
    assert [each.check for each in found] == ["a used coupon names a booking of its member that stands"]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM coupon")).scalar_one() == "used"
