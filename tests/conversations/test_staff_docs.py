"""docs/staff.md tells the truth: every example of the counter is sent on a stage and does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from counter_support import last_number, top_up
from stage import CASHIER, LIN_PHONE, MANAGER, SHOP, Stage

from bot.staff import registry
from bot.staff.command import Complaint

PAGE = Path(__file__).resolve().parents[2] / "docs" / "staff.md"
# What the reply to a command of the counter must hold; what other chapters tell is played in their own tests.
SHOWS = {
    "充值": "请核对",
    "储值": "请核对",
    "消费": "请核对",
    "售卡": "请核对",
    "划次": "请核对",
    "退次卡": "请核对退次卡",
    "退款": "请核对退款",
    "冲正": "请核对冲正",
    "还款": "没有欠款",
    "查 T": "由王芳记",
    "查": "会员号",
    "我的流水": "您",
    "开卡": "已开卡",
    "验证": "验证码",
    "帮助": "充值 手机号",
}


def examples() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    in_table = re.findall(r"^\| [^|]+ \| `([^`]+)` \|", text, flags=re.M)
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.S)
    lines = [line for block in blocks for line in block.strip().splitlines()]
    return [example for example in [*in_table, *lines] if not example.startswith("绑定员工")]


def shows(example: str) -> str | None:
    return next((words for head, words in SHOWS.items() if example.startswith(head)), None)


def test_the_page_has_an_example_of_every_command_of_the_counter() -> None:
    heads = {head for example in examples() for head in SHOWS if example.startswith(head)}
    assert heads == set(SHOWS)


@pytest.mark.parametrize("example", [example for example in examples() if shows(example)])
def test_the_examples_of_the_counter_do_what_the_page_says(stage: Stage, example: str) -> None:
    stage.play(MANAGER, [(f"售卡 {LIN_PHONE} 肩颈十次卡 现金", "请核对"), ("1", "已入账")])
    number = top_up(stage, 500)
    expected = shows(example)
    assert expected is not None
    assert number == last_number(stage)
    said = re.sub(r"T\d{6}", number, example)
    by = MANAGER if said.startswith(("冲正", "退")) else CASHIER
    stage.play(by, [(said, expected)])


@pytest.mark.parametrize("example", [example for example in examples() if not shows(example)])
def test_the_other_examples_are_commands(example: str) -> None:
    found = registry.read(SHOP, example)
    if found is not None:  # an answer in a running dialogue (原因 …) is heard by its own step
        assert not isinstance(found.parsed, Complaint), found.parsed
