"""A phone proved by a code in a short message (feature A10)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from stage import LIN, LIN_PHONE, NEWCOMER, SHOP, Stage

from bot.conversation.steps import STEPS
from bot.conversation.turn import Bot
from nlu.engine import Nlu


@dataclass
class Provider:
    """What went out; `works` False: the provider refuses."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    works: bool = True

    def __call__(self, phone: str, code: str, _message_id: str) -> bool:
        if self.works:
            self.sent.append((phone, code))
        return self.works


@pytest.fixture
def provider(stage: Stage) -> Provider:
    made = Provider()
    stage.house = replace(stage.house, send_code=made)
    nlu = Nlu(rasa=None, cache=None, catalogue=SHOP.catalogue())
    stage.bot = Bot(stage.house, nlu, stage.memory, STEPS, stage.inbox.keep)
    return made


def test_a_newcomer_joins_by_the_code_on_his_phone(stage: Stage, provider: Provider) -> None:
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("13900139000", ("已发到 139****9000", "[再发一次]"))])
    [(phone, code)] = provider.sent
    assert phone == "13900139000"
    stage.play(NEWCOMER, [("我的余额", ("还没有会员卡", "已发到"))])
    assert len(provider.sent) == 1
    stage.play(NEWCOMER, [("000000" if code != "000000" else "111111", "不对"), (code, "办好了")])
    assert stage.count("member", "phone = '13900139000' AND phone_proven") == 1


def test_another_code_on_request_makes_the_first_worthless(stage: Stage, provider: Provider) -> None:
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("13900139000", "已发到"), ("再发一次", "已发到")])
    first, second = (code for _, code in provider.sent)
    if first != second:
        stage.play(NEWCOMER, [(first, "不对")])
    stage.play(NEWCOMER, [(second, "办好了")])


def test_a_code_is_no_use_to_another_account(stage: Stage, provider: Provider) -> None:
    """The card of the phone is shown to nobody but who reads the message on it."""
    stage.play(NEWCOMER, [("加入会员", "手机号"), (LIN_PHONE, "已发到")])
    [(_, code)] = provider.sent
    stranger = "oSTRANGER_0000000000000000009"
    stage.play(stranger, [("加入会员", "手机号"), (LIN_PHONE, "已发到")])
    if provider.sent[-1][1] != code:
        stage.play(stranger, [(code, "不对")])
    stage.play(LIN, [("我的余额", "小林")])


def test_too_many_codes_and_a_dead_provider_leave_the_counter(stage: Stage, provider: Provider) -> None:
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("13900139000", "已发到")])
    for _ in range(4):
        stage.play(NEWCOMER, [("再发一次", "已发到")])
    stage.play(NEWCOMER, [("再发一次", "告诉前台店员")])
    assert len(provider.sent) == 5
    provider.works = False
    stage.later(hours=2)
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("13900139000", "告诉前台店员")])
