"""What members say to a reminder, and what they may stop (rows E1, E5)."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, NEWCOMER, Stage, bind

from actions import reminders as speaking
from actions.booking import bookings
from actions.booking.bookings import Booked, Held, Offer, Wish
from actions.counter import desk
from ledger.records import consents, contacts, members, reminders


@pytest.fixture
def reminded(stage: Stage) -> Stage:
    """小林 has a booking tomorrow and was told of it."""
    stage.event(LIN, "subscribe")
    house = stage.house
    stage.later(hours=1)
    assert speaking.send_due(house) == 1  # the guide to the card that was just bound
    stage.later(hours=-1)
    offer = bookings.offer(house, openid=LIN, wish=Wish("facial_basic", "guomao"))
    assert isinstance(offer, Offer)
    stage.later(hours=-30)
    slot = offer.slots[-1]
    held = bookings.hold(house, openid=LIN, wish=offer.wish, slot=slot, key="hold")
    assert isinstance(held, Held), held
    assert isinstance(bookings.confirm(house, openid=LIN, booking_id=held.booking_id, key="yes"), Booked)
    stage.now = slot.start.astimezone(stage.now.tzinfo)
    stage.later(hours=-2)
    assert speaking.send_due(house) == 1
    return stage


def test_one_word_answers_a_reminder(reminded: Stage) -> None:
    reminded.play(LIN, [("到", ("好的", "等您来")), ("会到", "等您来")])
    assert reminded.count("booking_event", "what = 'coming'") == 2


def test_a_reminder_is_answered_with_another_time(reminded: Stage) -> None:
    assert "约" in reminded.say(LIN, "改期").text


def test_a_reminder_is_answered_with_a_cancellation(reminded: Stage) -> None:
    assert "取消这个预约吗" in reminded.say(LIN, "取消").text
    assert reminded.count("booking", "state = 'booked'") == 1  # the yes is still to come


def test_without_a_reminder_the_word_means_what_it_did(stage: Stage) -> None:
    assert "没有" in stage.say(LIN, "取消").text


def test_why_not_this_kind_and_back_again(reminded: Stage) -> None:
    reminded.play(
        LIN,
        [
            ("为什么给我发这个", ("因为", "您在丽人坊有预约", "[不要这类]")),
            ("不要这类", "以后不再给您发这一类"),
        ],
    )
    assert reminded.count("preference", "kind LIKE 'booking_%'") == 1
    reminded.play(LIN, [("恢复提醒", "提醒已恢复")])
    assert reminded.count("preference") == 0


def test_no_offers_and_no_messages_at_all(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("为什么给我发这个", "最近没有主动给您发过消息"),
            ("不要这类", "最近没有给您发过"),
            ("别发广告", "不再给您发优惠和活动"),
            ("别发了", "不再给您发提醒"),
        ],
    )
    assert stage.count("preference", "kind = 'marketing'") == 1
    assert stage.count("member", "muted") == 1


def test_every_word_opens_the_reply_window_and_a_tap_a_smaller_one(stage: Stage) -> None:
    stage.say(LIN, "你好")
    assert stage.count("contact", f"openid = '{LIN}' AND allowance_left = 5") == 1
    stage.event(LIN, "CLICK", "balance")
    assert stage.count("contact", f"openid = '{LIN}' AND allowance_left = 3") == 1
    with stage.engine.connect() as connection:
        window = contacts.window_of(connection, LIN)
    assert window is not None
    assert window.is_open(stage.now)
    stage.event(NEWCOMER, "unsubscribe")
    assert stage.count("contact", f"openid = '{NEWCOMER}' AND NOT following AND allowance_left IS NULL") == 1


def test_consents_are_counted_from_wechats_events(stage: Stage) -> None:
    stage.event(LIN, "subscribe_msg_popup_event", "TPL_A=accept;TPL_B=reject")
    stage.event(LIN, "subscribe_msg_popup_event", "TPL_A=accept")
    with stage.engine.connect() as connection:
        assert consents.left(connection, LIN, "TPL_A") == 2
        assert consents.left(connection, LIN, "TPL_B") == 0
    stage.event(LIN, "subscribe_msg_change_event", "TPL_A=reject")
    with stage.engine.connect() as connection:
        assert consents.left(connection, LIN, "TPL_A") == 0


def test_who_joins_in_the_chat_is_guided_an_hour_later(stage: Stage) -> None:
    stage.event(NEWCOMER, "subscribe")
    stage.say(NEWCOMER, "加入会员")
    stage.say(NEWCOMER, "跳过")
    with stage.engine.connect() as connection:
        newcomer = members.by_openid(connection, NEWCOMER)
    assert newcomer is not None
    assert _guides(stage, newcomer.id) == [""]
    stage.later(hours=1)
    speaking.send_due(stage.house)
    assert _guides(stage, newcomer.id)[0].startswith("欢迎成为丽人坊的会员")


def test_who_was_registered_at_the_counter_is_guided_when_the_card_comes_into_the_chat_once(
    stage: Stage,
) -> None:
    phone = "13911112222"
    registered = desk.register(stage.house, staff_openid=CASHIER, phone=phone, name="周敏")
    assert isinstance(registered, desk.Registered)
    assert _guides(stage, registered.member_id) == []
    stage.later(days=20)
    stage.event(NEWCOMER, "subscribe")
    assert _guides(stage, registered.member_id) == []
    for openid in (NEWCOMER, NEWCOMER, "oANOTHER0000000000000000001"):  # the last is a new WeChat
        stage.say(openid, "你好")
        bind(stage, openid, phone)
        stage.later(hours=1)
        speaking.send_due(stage.house)
    (guide,) = _guides(stage, registered.member_id)
    assert guide.startswith("您在丽人坊的会员卡，在微信里就能用了。\n回复“余额”")


def _guides(stage: Stage, member_id: int) -> list[str]:
    """What was planned or sent to that member: the words, or "" while it waits."""
    with stage.engine.connect() as connection:
        found = [each for each in reminders.newest(connection) if each.member_id == member_id]
    return [each.text or "" for each in found if each.kind == "new_member_guide"]
