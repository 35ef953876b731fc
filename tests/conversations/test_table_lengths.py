"""No answer is longer than a phone screen likes: a shop of long names, a member who has everything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from manners import LONGEST, of_text
from stage import CASHIER, LIN, LIN_PHONE, SHOP, Stage

from nlu.engine import Nlu
from shop.model import Shop

LONG = "从里到外焕然一新的至尊奢享"
MANY = 14


def long_shop() -> Shop:
    """The beauty shop with every name long, and many of everything."""
    services = tuple(
        each.model_copy(update={"name": f"{LONG}{each.name}"[:20], "category": "facial"})
        for each in SHOP.services[:MANY]
    )
    kept = {service.id for service in services}
    rewards = tuple(
        SHOP.rewards[0].model_copy(
            update={"id": f"r{number}", "name": f"{LONG}{number}号", "points": 100 + number}
        )
        for number in range(MANY)
    )
    tiers = tuple(
        SHOP.top_up.tiers[-1].model_copy(
            update={
                "id": f"t{number}",
                "name": f"{LONG}{number}",
                "amount_fen": 100_000 + number * 100_000,
                "text": f"{LONG}，{LONG}",
            }
        )
        for number in range(MANY)
    )
    return SHOP.model_copy(
        update={
            "services": tuple(s for s in services if s.id in kept),
            "rewards": rewards,
            "top_up": SHOP.top_up.model_copy(update={"tiers": tiers, "maximum_fen": 2_000_000}),
            "coupons": tuple(
                each.model_copy(update={"name": f"{LONG}{each.name}"[:20]}) for each in SHOP.coupons
            ),
            "packs": tuple(
                each.model_copy(update={"name": f"{LONG}{each.name}"[:20]}) for each in SHOP.packs
            ),
        }
    )


@pytest.fixture
def stage(stage_with: Callable[..., Stage]) -> Stage:
    shop = long_shop()
    return stage_with(Nlu(rasa=None, cache=None, catalogue=shop.catalogue()), shop)


def test_no_answer_is_too_long(stage: Stage) -> None:
    for _time in range(9):
        stage.say(CASHIER, f"充值 {LIN_PHONE} 1000 微信")
        stage.say(CASHIER, "1")
    assert stage.count("transfer", "kind = 'top_up'") > 1
    for said in (
        "我的余额",
        "我的积分",
        "我的明细",
        "我的权益",
        "我的等级",
        "我的优惠券",
        "充值优惠",
        "充5000",
        "充值",
        "积分换什么",
        "500积分能换什么",
        "兑换",
        "0",
        "服务价目",
        "我要预约",
        "0",
        "门店信息",
        "帮助",
        "我要退款",
        "0",
        "注销会员",
        "0",
        "我的兑换券",
    ):
        reply = stage.say(LIN, said)
        assert not of_text(reply.text, stage.house.shop), (said, reply.text)
        assert len(reply.text) <= LONGEST
