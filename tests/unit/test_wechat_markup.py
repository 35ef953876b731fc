"""Replies as WeChat shows them: links, limits, and words that cannot become markup."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from bot.messages import SILENCE, Choice, Reply
from bot.outreach.wechat.markup import ELLIPSIS, cut, plain, render_text


def test_words_then_one_link_a_line() -> None:
    rendered = render_text(Reply("您的积分：320", (Choice("兑换", "兑换积分"),)))
    first, second = rendered.split("\n")
    assert first == "您的积分：320"
    assert second.startswith('<a href="weixin://bizmsgmenu?msgmenucontent=')
    assert unquote(second).endswith('msgmenucontent=兑换积分&msgmenuid=1">兑换</a>')


def test_silence_renders_to_nothing() -> None:
    assert render_text(SILENCE) == ""


def test_choices_alone() -> None:
    assert render_text(Reply("", (Choice("是", "是"),))).startswith("<a href=")


@pytest.mark.parametrize(
    "name", ['<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=1">查看</a>', "</a>", "<!-- -->"]
)
def test_words_of_people_cannot_become_a_link(name: str) -> None:
    rendered = render_text(Reply(f"会员：{name}", (Choice(f"选{name}", "1"),)))
    assert rendered.count("<a ") == 1
    assert rendered.count("</a>") == 1


def test_comparisons_stay_readable() -> None:
    assert plain("余额 < 100 元，满 3<5") == "余额 < 100 元，满 3<5"


def test_the_words_of_a_choice_cannot_leave_the_address() -> None:
    rendered = render_text(Reply("", (Choice("好", '">\n<a href="http://evil">&msgmenuid=9'),)))
    assert rendered.count('"') == 2
    assert rendered.count("<") == 2


def test_long_texts_end_at_a_line() -> None:
    lines = [f"第{number}笔：消费 ¥128.00，余额 ¥1,234.00" for number in range(100)]
    rendered = render_text(Reply("\n".join(lines)))
    assert len(rendered.encode()) <= 2048
    kept = rendered.split("\n")
    assert kept[-1] == ELLIPSIS
    assert kept[:-1] == lines[: len(kept) - 1]
    assert len(kept) > 30


def test_one_long_line_is_cut_between_characters() -> None:
    rendered = render_text(Reply("好" * 3000))
    assert rendered == "好" * ((2048 - 4) // 3) + ELLIPSIS


def test_links_survive_long_words() -> None:
    choices = tuple(Choice(f"选项{number}", f"选择第{number}项") for number in range(1, 6))
    rendered = render_text(Reply("长" * 3000, choices))
    assert len(rendered.encode()) <= 2048
    assert rendered.count("</a>") == 5
    assert rendered.endswith("选项5</a>")


def test_too_many_links_leave_room_for_words() -> None:
    choices = tuple(Choice(f"选项{number}", "选" * 40) for number in range(30))
    rendered = render_text(Reply("词" * 1000, choices))
    assert len(rendered.encode()) <= 2048
    assert rendered.count("<a ") == rendered.count("</a>") > 1
    assert rendered.count("词") > 150


@pytest.mark.parametrize("limit", [0, 3, 4, 10, 100])
def test_cut_keeps_any_limit(limit: int) -> None:
    assert len(cut("一\n二三四五六七八九十" * 20, limit).encode()) <= limit


def test_lone_surrogates_are_dropped() -> None:
    assert plain("好\ud800的\x00\x1b\ufffe") == "好的"
