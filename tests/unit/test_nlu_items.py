"""Services and goods by the words that staff type."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.items import find_items
from shop.catalogue import Catalogue, Named
from shop.files import load

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
BEAUTY = load(EXAMPLES / "beauty.yml").catalogue()
CORNER = load(EXAMPLES / "convenience.yml").catalogue()


@pytest.mark.parametrize(
    ("shop", "text", "expected"),
    [
        (BEAUTY, "基础清洁护理", ("facial_basic",)),
        (BEAUTY, "洗脸", ("facial_basic",)),
        (BEAUTY, "补水", ("facial_hydrating",)),
        (BEAUTY, "面膜", ("mask_box",)),
        (BEAUTY, "补水面膜", ("mask_box",)),
        (BEAUTY, "护手霜", ("hand_cream",)),
        (BEAUTY, "手霜", ("hand_cream",)),
        (BEAUTY, "防晒", ("sunscreen",)),
        (BEAUTY, " 小 气泡 ", ("facial_bubble",)),
        (BEAUTY, "小汽泡", ("facial_bubble",)),
        (BEAUTY, "面摸", ("mask_box",)),
        (BEAUTY, "xiaoqipao", ("facial_bubble",)),
        (BEAUTY, "mianmo", ("mask_box",)),
        (BEAUTY, "SPA", ("body_spa",)),
        (BEAUTY, "spa", ("body_spa",)),
        (BEAUTY, "全身精油按摩", ("body_spa",)),
        (BEAUTY, "接睫毛", ("lashes_natural",)),
        (BEAUTY, "敏感肌修复", ("facial_sensitive",)),
        (BEAUTY, "美甲", ("nails_plain", "nails_design")),
        (BEAUTY, "脱毛", ("hair_removal_underarm", "hair_removal_lip", "hair_removal_legs")),
        (BEAUTY, "做了个卸甲", ("nails_remove",)),
        (BEAUTY, "可乐", ()),
        (BEAUTY, "", ()),
        (BEAUTY, "198", ()),
        (CORNER, "水", ("water",)),
        (CORNER, "矿泉水", ("water",)),
        (CORNER, "矿泉谁", ("water",)),
        (CORNER, "饭团", ("rice_ball",)),
        (CORNER, "盒饭", ("bento",)),
        (CORNER, "美式咖啡", ("americano",)),
        (CORNER, "kafei", ("americano",)),
    ],
)
def test_the_words_name(shop: Catalogue, text: str, expected: tuple[str, ...]) -> None:
    assert find_items(shop, text) == expected


def test_every_item_is_found_by_its_names() -> None:
    for shop in (BEAUTY, CORNER):
        for item in (*shop.services, *shop.goods):
            for words in (item.name, *item.aliases):
                assert item.id in find_items(shop, words), words


def test_one_word_for_two_things_gives_both() -> None:
    goods = (Named("b", "艾灸"), Named("c", "艾灸盒"))
    shop = Catalogue(services=(Named("a", "艾灸", ("灸",)),), goods=goods)
    assert find_items(shop, "艾灸") == ("a", "b")


def test_figures_are_never_a_slip() -> None:
    shop = Catalogue(goods=(Named("five", "面膜5片"), Named("ten", "面膜9片")))
    assert find_items(shop, "面膜9片") == ("ten",)
    assert find_items(shop, "面膜7片") == ("five", "ten")  # which one is for a person to say


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    known = {item.id for item in (*BEAUTY.services, *BEAUTY.goods)}
    assert set(find_items(BEAUTY, text)) <= known
