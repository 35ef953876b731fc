"""Booking in the chat, as tables: what, when, which time, yes; corrected, interrupted, moved, given up (A8).

The stage's clock stands at Saturday 21 November 2026, 10:30 in the shop; keywords understand.
"""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, MANAGER, NEWCOMER, OTHER_CASHIER, Line, Stage

BOOKED: list[Line] = [
    ("我要预约", ("想约哪一项", "[深层补水护理]")),
    ("深层补水护理", "想约哪天"),
    ("周一下午三点", ("请核对", "周一(11月23日)15:00", "¥298.00", "先留 2 分钟")),
    ("1", ("约好了 ✓", "预约号 Y000001", "国贸店")),
]


def test_from_the_wish_to_the_booking(stage: Stage) -> None:
    stage.play(LIN, BOOKED)
    stage.play(LIN, [("我的预约", "周一(11月23日)15:00 深层补水护理"), ("1", "已经办好了（预约号 Y000001）")])
    assert stage.count("booking", "state = 'booked'") == 1


def test_everything_in_one_answer(stage: Stage) -> None:
    stage.play(
        LIN, [("预约", "想约哪一项"), ("周一上午十点王丽的深层补水护理", ("周一(11月23日)10:00", "王丽"))]
    )
    stage.play(LIN, [("1", "约好了")])


def test_by_numbers_alone(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("预约", "想约哪一项"),
            ("1", "想约哪天"),
            ("2", ("明天(11月22日)", "[换个时间]")),
            ("第一个", "请核对"),
        ],
    )
    stage.play(LIN, [("1", "约好了")])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("不对，是周二下午三点", "周二(11月24日)15:00"),
        ("改成周二下午三点", "周二(11月24日)15:00"),
        ("下午四点半", "周一(11月23日)16:30"),
        ("换成王丽", "王丽"),
    ],
)
def test_corrected_while_the_quote_waits(stage: Stage, said: str, expected: str) -> None:
    """The yes that follows books the corrected time and nothing else."""
    stage.play(LIN, [*BOOKED[:3], (said, expected), ("1", "约好了")])
    assert stage.count("booking", "state = 'booked'") == 1
    assert stage.count("booking", "state = 'held'") == 0


@pytest.mark.parametrize("place", [1, 2, 3])
def test_interrupted_anywhere_and_back(stage: Stage, place: int) -> None:
    stage.play(LIN, [*BOOKED[:place], ("我的余额", "余额"), ("充值优惠", "充值优惠"), *BOOKED[place:]])


def test_another_wish_says_what_it_goes_back_to(stage: Stage) -> None:
    stage.play(LIN, [*BOOKED[:2], ("我的积分", ("积分", "接着办预约", "想约哪天"))])
    stage.play(LIN, [("周一下午三点", "请核对"), ("我的积分", ("积分", "刚才那份还等您确认"))])


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("said", ["算了", "取消", "不要了"])
def test_given_up_anywhere(stage: Stage, place: int, said: str) -> None:
    stage.play(LIN, BOOKED[:place])
    stage.say(LIN, said)
    stage.play(LIN, [("1", "没有等您确认"), ("我的预约", "没有预约")])
    assert stage.count("booking", "state = 'booked'") == 0


def test_never_the_same_question_three_times(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            *BOOKED[:2],
            ("哈哈哈", "没听懂"),
            ("嘿嘿嘿", ("没听懂", "[算了]", "[人工]")),
            ("呵呵呵", ("没接住", "[人工]")),
            ("1", "没有等您确认"),
        ],
    )


def test_left_alone_it_is_set_aside(stage: Stage) -> None:
    stage.play(LIN, BOOKED[:2])
    stage.later(minutes=31)
    stage.play(LIN, [("我的余额", ("预约放得有点久", "余额"))])
    stage.play(LIN, [("2", "没听懂")])


def test_later_and_earlier(stage: Stage) -> None:
    stage.play(LIN, [*BOOKED[:2], ("明天下午", "[明天(11月22日) 13:00"), ("晚一点", "明天(11月22日) 1")])
    stage.play(LIN, [("都不行", "想约哪天"), ("周一", "周一(11月23日)")])


def test_what_cannot_be_booked_is_said_and_something_else_offered(stage: Stage) -> None:
    stage.play(LIN, [*BOOKED[:2], ("明天凌晨三点", ("不营业", "[明天(11月22日) "))])
    stage.play(LIN, [("今天上午十点四十五", ("来不及", "[今天(11月21日) "))])
    stage.play(LIN, [("明年六月一号下午三点", "还没开放")])


def test_two_come_together(stage: Stage) -> None:
    stage.play(LIN, [*BOOKED[:2], ("周一下午四点两个人", ("请核对", "2 位")), ("1", "约好了")])


def test_the_hold_ends_and_another_time_is_offered(stage: Stage) -> None:
    stage.play(LIN, BOOKED[:3])
    stage.later(minutes=3)
    reply = stage.say(LIN, "1")
    assert "约好了" in reply.text or "[" in str(reply.choices)
    assert stage.count("booking", "state = 'booked'") <= 1


def test_two_want_the_same_time(stage: Stage) -> None:
    """The second member is offered something else at once; the technician is there once."""
    join(stage, NEWCOMER)
    stage.play(LIN, [*BOOKED[:2], ("周一下午三点王丽", "请核对")])
    stage.play(NEWCOMER, [*BOOKED[:2], ("周一下午三点王丽", ("约满了", "[周一(11月23日)"))])
    stage.play(LIN, [("1", "约好了")])


def join(stage: Stage, openid: str) -> None:
    stage.play(openid, [("加入会员", "手机号"), ("跳过", "办好了")])


def test_moved(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            *BOOKED,
            ("改约", "想约哪天"),
            ("周二上午十点", ("改成这个时间", "周二(11月24日)10:00")),
            ("1", ("改好了", "Y000002")),
            ("我的预约", "周二(11月24日)10:00"),
        ],
    )
    assert stage.count("booking", "state = 'booked'") == 1
    assert stage.count("booking", "state = 'moved'") == 1


def test_moving_given_up_keeps_the_booking(stage: Stage) -> None:
    stage.play(LIN, [*BOOKED, ("改约", "想约哪天"), ("周二上午十点", "改成这个时间"), ("0", "取消")])
    stage.play(LIN, [("我的预约", "周一(11月23日)15:00")])


def test_cancelled_in_time(stage: Stage) -> None:
    stage.play(
        LIN,
        [*BOOKED, ("取消预约", ("要取消这个预约吗", "15:00")), ("1", "已取消"), ("我的预约", "没有预约")],
    )


def test_cancelled_late_is_said_before(stage: Stage) -> None:
    stage.play(LIN, BOOKED)
    stage.later(hours=51)
    stage.play(LIN, [("取消预约", ("不到 3 小时", "临时取消")), ("0", "取消"), ("我的预约", "15:00")])
    stage.play(LIN, [("取消预约", "临时取消"), ("1", "已取消")])
    assert stage.count("booking", "state = 'late_cancelled'") == 1


def test_which_of_two_is_asked(stage: Stage) -> None:
    stage.play(LIN, BOOKED)
    stage.play(LIN, [("预约", "哪一项"), ("眼部护理", "哪天"), ("周二下午三点", "请核对"), ("1", "约好了")])
    stage.play(
        LIN, [("取消预约", ("是哪一个预约", "15:00 深层补水护理", "眼部护理")), ("2", ("要取消", "眼部护理"))]
    )
    stage.play(LIN, [("1", "已取消"), ("我的预约", "深层补水护理")])


@pytest.mark.parametrize("said", ["预约", "我的预约", "改约", "取消预约"])
def test_who_has_no_card_is_offered_one(stage: Stage, said: str) -> None:
    stage.play(NEWCOMER, [(said, ("会员卡", "[加入会员]"))])


@pytest.mark.parametrize("openid", [CASHIER, MANAGER, OTHER_CASHIER])
def test_staff_without_a_card_are_told_so(stage: Stage, openid: str) -> None:
    stage.play(openid, [("我的预约", "店员身份")])


def test_an_old_choice_books_nothing(stage: Stage) -> None:
    """A tap on a time that was offered in a question long answered."""
    stage.play(LIN, [*BOOKED[:2], ("明天下午", "[换个时间]")])
    old = stage.say(LIN, "明天下午").choices[0].says
    stage.play(LIN, [("1", "请核对"), ("1", "约好了")])
    stage.say(LIN, old)
    assert stage.count("booking", "state = 'booked'") == 1


def test_joining_in_the_middle_comes_back_to_the_booking(stage: Stage) -> None:
    """小林 has a card; a second form suspends the first and it returns after."""
    stage.play(LIN, [*BOOKED[:2], ("取消预约", "没有预约"), ("周一下午三点", "请核对"), ("1", "约好了")])
