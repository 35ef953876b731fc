"""Posters and code pictures: what they say can be scanned, whatever the shop is called (features A6, A7)."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from bot.pictures import cards, ink, poster
from bot.pictures.shelf import Shelf
from bot.settings import EXAMPLE_SHOP
from shop.files import load

SHOP = load(EXAMPLE_SHOP)
URL = "http://weixin.qq.com/q/02Qx5vVd9aFhD10000g07k"
PLAN = poster.Plan(
    shop="丽人坊",
    colour="#C8506E",
    invitation="送你一份见面礼",
    inviter="林小雨 邀请你",
    newcomer_label="新朋友得",
    newcomer_gets=("¥30.00", "200 积分"),
    inviter_label="邀请人得",
    inviter_gets=("300 积分",),
    scan="长按识别二维码，来店里坐坐",
    small_print="新朋友首次到店充值或消费后到账，以门店规则为准",
    url=URL,
)


def read(content: bytes) -> str:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))
    assert len(found) == 1
    return str(found[0].text)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"colour": "#FFE14D"},
        {"colour": "#FFFFFF"},
        {"colour": "#000000"},
        {"shop": "全北京最温柔的二十四小时美容美发美甲美体中心"},
        {"inviter": ""},
        {"inviter": "龘靐🌸 邀请你"},
        {"newcomer_gets": ()},
        {"inviter_gets": ()},
        {"newcomer_gets": ("¥1,234.50", "200 积分", "补水疗程十次 2次", "满300减50券 × 3")},
        {"url": URL + "x" * 80},
    ],
)
def test_every_poster_can_be_scanned(changes: dict[str, object]) -> None:
    plan = replace(PLAN, **changes)  # type: ignore[arg-type]
    content = poster.draw(plan)
    assert Image.open(io.BytesIO(content)).size == (poster.WIDTH, poster.HEIGHT)
    assert len(content) < 2 * 1024 * 1024
    assert read(content) == plan.url


def test_a_photograph_of_a_poster_can_be_scanned() -> None:
    """As a phone sees it on another phone: smaller, turned a little, grey."""
    picture = Image.open(io.BytesIO(poster.draw(PLAN))).convert("L").resize((375, 667))
    turned = picture.rotate(7, expand=True, fillcolor=90, resample=Image.Resampling.BICUBIC)
    assert [found.text for found in zxingcpp.read_barcodes(turned)] == [URL]


@pytest.mark.parametrize(
    ("content", "code"),
    [("K7P29QRT", "K7P2-9QRT"), ("1234567890123456", "1234 5678 9012 3456"), ("会员12", "12")],
)
def test_code_cards_can_be_scanned(content: str, code: str) -> None:
    assert read(cards.code_card(SHOP, title="券" * 30, content=content, code=code, note="备" * 60)) == content


def test_the_fonts_have_every_character_that_is_drawn() -> None:
    """A character that is thought drawable and is not would be an empty box on the poster."""
    face = ink.font(40)
    empty = face.getmask("\U00020000").getbbox()
    for code in sorted(ink._drawable()):
        character = chr(code)
        if character.isspace():
            continue
        mask = face.getmask(character)
        assert mask.getbbox() is not None, character
        assert mask.getbbox() != empty or bytes(mask) != bytes(face.getmask("\U00020000")), character


def test_rare_characters_emoji_and_control_characters() -> None:
    assert ink.plain("王小明") == "王小明"
    assert ink.plain("龘A\u202e\n") == "○A"
    assert "○" in ink.plain("小🌸")


def test_long_lines_are_cut_and_short_ones_are_not() -> None:
    assert ink.fitting("丽人坊", 400, 40) == "丽人坊"
    cut = ink.fitting("丽人坊" * 30, 400, 40)
    assert cut.endswith("…")
    assert ink.font(40).getlength(cut) <= 400


def test_the_shelf_draws_once_and_keeps_few(tmp_path: Path) -> None:
    shelf, drawn = Shelf(tmp_path / "shelf", limit=3), []

    def draw(name: str) -> bytes:
        drawn.append(name)
        return name.encode()

    for name in ("a", "b", "a", "c", "d", "e"):
        assert shelf.get(name, lambda name=name: draw(name)) == name.encode()
    assert drawn == ["a", "b", "c", "d", "e"]
    assert len(list((tmp_path / "shelf").iterdir())) == 3


def test_a_shelf_that_cannot_keep_still_draws(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert Shelf(blocked).get("a", lambda: b"drawn") == b"drawn"
