"""The newcomer's scene in a real browser: 小林 asks, a newcomer joins, the cashier tops up, a phone rings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_run import OPENID, DemoRun
from town import LIN_PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def page(demo: DemoRun, chromium) -> Iterator[object]:
    """The demo's page; it must neither throw nor be refused anything."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(demo.origin)
    opened.wait_for_selector(".person")
    yield opened
    context.close()
    assert trouble == []


def be(page, name: str) -> None:
    page.click(f".person[data-openid='{OPENID[name]}']")


def say(page, words: str, answer: str) -> None:
    if page.is_visible("#to-keyboard"):
        page.click("#to-keyboard")
    page.fill("#words", words)
    page.press("#words", "Enter")
    page.wait_for_selector(f".from-account .bubble:has-text('{answer}') >> nth=-1")


def picture(page, name: str) -> None:
    """Keep a picture for whoever wants to look: ZHANGGUI_TEST_PICTURES names the folder."""
    folder = os.environ.get("ZHANGGUI_TEST_PICTURES")
    if folder:
        page.wait_for_timeout(600)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_the_scene(page) -> None:
    be(page, "小林")
    say(page, "我卡里还有多少钱", "小林，您卡里一共")
    say(page, "今天吃什么好呢", "没听懂")
    page.click("#to-menu")
    page.click(".menu-top:has-text('我的')")
    page.click(".menu-popup button:has-text('我的积分')")
    page.wait_for_selector(".from-account .bubble:has-text('积分') >> nth=-1")
    picture(page, "1-member")
    be(page, "小何")
    page.click("#follow")
    page.wait_for_selector(".bubble:has-text('欢迎来到丽人坊')")
    page.click(".choice:has-text('加入会员')")
    page.wait_for_selector(".bubble:has-text('请发您的手机号')")
    page.click(".choice:has-text('跳过')")
    page.wait_for_selector(".bubble:has-text('您的会员号是')")
    picture(page, "2-newcomer")
    be(page, "王芳")
    say(page, f"充值 {LIN_PHONE} 500 微信", "请核对")
    page.click(".choice:has-text('1 确认') >> nth=-1")
    page.wait_for_selector(".bubble:has-text('已入账')")
    page.wait_for_selector(f".person[data-openid='{OPENID['小林']}'] .badge:visible")
    picture(page, "3-cashier")
    be(page, "小林")
    page.wait_for_selector(".bubble:has-text('充值到账 ¥500.00')")
    picture(page, "4-receipt")
