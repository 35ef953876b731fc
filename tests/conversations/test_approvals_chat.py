"""Four eyes in the chat: what is above the limit waits, a manager answers, everybody is told."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, MANAGER, OTHER_CASHIER, Stage

from actions.house import Denied
from actions.membership import staffing
from ledger.records import messages

OWNER = "oOWNER_00000000000000000000007"
NAMES = "甲乙丙丁戊己"


@pytest.fixture
def big(stage: Stage) -> Stage:
    """王芳, a cashier who books up to 2,000 alone, has confirmed a top-up of 3,000."""
    code = staffing.invite(stage.house, name="陈总", role="owner", store_id=None, created_by="test")
    assert not isinstance(staffing.accept_invitation(stage.house, openid=OWNER, code=code), Denied)
    stage.play(
        CASHIER,
        [
            ("充值 13800138000 3000 微信", ("请核对", "充值 ¥3,000.00")),
            ("1", ("要店长核准", "还没有入账")),
            ("1", "没有"),
        ],
    )
    return stage


def told(stage: Stage, openid: str) -> str:
    with stage.engine.connect() as connection:
        return "\n".join(message.text for message in messages.of_openid(connection, openid))


def test_asked_listed_approved_booked(big: Stage) -> None:
    assert big.count("transfer") == 0
    assert "待审核 1：王芳提交" in told(big, MANAGER)
    assert "超过单笔权限" in told(big, MANAGER)
    assert "正在等店长确认" in told(big, LIN)
    big.play(
        MANAGER,
        [
            ("待审", ("待审核 1 笔", "充值 ¥3,000.00", "王芳", "[通过 1]")),
            ("通过 1", ("已通过 1 ✓", "单号 T")),
            ("通过1", "刚才已由李静通过"),
            ("待审核", "没有待审核的单子"),
        ],
    )
    big.play(LIN, [("我的余额", "本金 ¥3,000.00")])
    assert "已由李静通过，入账 ✓" in told(big, CASHIER)
    assert big.count("message", "kind = 'top_up_receipt'") == 1
    assert big.count("act", "what IN ('top_up', 'approval_given') AND transfer_id IS NOT NULL") == 2


def test_turned_down_with_a_reason(big: Stage) -> None:
    big.play(
        MANAGER,
        [
            ("驳回", "写法"),
            ("驳回 1", "驳回要写理由"),
            ("驳回 1 金额不对", ("已驳回 1", "没有入账")),
            ("通过 1", "刚才已由李静驳回"),
        ],
    )
    assert "理由：金额不对" in told(big, CASHIER)
    assert "这一笔没有入账" in told(big, LIN)
    assert big.count("transfer") == 0


def test_who_cannot(big: Stage) -> None:
    big.play(CASHIER, [("通过 1", "您的岗位不能办")])
    big.play(OTHER_CASHIER, [("待审", "您的岗位不能办")])
    big.play(MANAGER, [("通过 99", "没有编号 99")])
    big.play(OWNER, [("同意 1号", "已通过 1 ✓")])


def test_a_whole_day_of_small_ones_is_not_slipped_past(stage: Stage) -> None:
    """国贸店's cashier may book 20,000 a day alone; cards hold 5,000."""
    phones = [f"1390000{number:04}" for number in range(6)]
    for phone in phones:
        stage.play(CASHIER, [(f"开卡 {phone} 王{NAMES[int(phone[-1])]}", "已开卡")])
    for entry in range(10):
        stage.play(CASHIER, [(f"充值 {phones[entry // 2]} 2000 现金", "请核对"), ("1", "已入账")])
    stage.play(CASHIER, [(f"充值 {phones[5]} 100 现金", "请核对"), ("1", "要店长核准")])
    assert "超过当天累计权限" in told(stage, MANAGER)
    stage.later(days=1)
    stage.play(CASHIER, [(f"充值 {phones[5]} 100 现金", "请核对"), ("1", "已入账")])


def test_what_waited_too_long_has_lapsed(big: Stage) -> None:
    big.later(hours=25)
    big.play(MANAGER, [("待审", "没有待审核"), ("通过 1", "已过期")])
    assert "没有人处理，已过期" in told(big, CASHIER)
    assert big.count("transfer") == 0


def test_a_card_that_filled_up_meanwhile_is_not_overfilled(big: Stage) -> None:
    big.play(MANAGER, [("充值 13800138000 3000 现金", "请核对"), ("1", "已入账")])
    big.play(MANAGER, [("通过 1", "这张卡还能充 ¥2,000.00"), ("驳回 1 超过上限", "已驳回")])
    assert big.count("transfer", "kind = 'top_up' AND refused IS NULL") == 1
