"""The rules of a template's fields, each at its edge (wechat-protocol §4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import EXAMPLE_SHOP
from shop.checks.check import check
from shop.files import load
from shop.model import ReminderTemplate
from shop.template_fields import filled, fit, placeholders, type_of


@pytest.mark.parametrize(
    ("field", "value", "stands"),
    [
        ("thing1", "护" * 20, "护" * 20),
        ("thing1", "护" * 21, "护" * 19 + "…"),
        ("thing1", "两\n行", "两 行"),
        ("thing1", " \n", None),
        ("character_string4", "M000123", "M000123"),
        ("character_string4", "会员1", None),
        ("character_string4", "x" * 33, None),
        ("amount2", "¥1,234.50", "¥1234.50"),
        ("amount2", "12元", "12元"),
        ("amount2", "约十二", None),
        ("time3", "2026年11月24日 15:00", "2026年11月24日 15:00"),
        ("time3", "15:01", "15:01"),
        ("time3", "明天下午", None),
        ("date5", "2026年11月24日", "2026年11月24日"),
        ("date5", "周二", None),
        ("phrase6", "已预约", "已预约"),
        ("phrase6", "已约OK", None),
        ("phrase6", "一二三四五六", None),
        ("phone_number7", "010-80000101", "010-80000101"),
        ("number8", "1.5", "1.5"),
        ("keyword1", "字" * 25, "字" * 19 + "…"),
        ("title", "x", None),
        ("thing", "x", None),
    ],
)
def test_a_value_stands_cut_where_that_leaves_sense_or_not_at_all(
    field: str, value: str, stands: str | None
) -> None:
    assert fit(field, value) == stands


@given(st.text(max_size=60))
def test_what_stands_keeps_the_rule(value: str) -> None:
    fitting = fit("thing1", value)
    assert fitting is None or (0 < len(fitting) <= 20 and "\n" not in fitting)
    assert fitting is None or fit("thing1", fitting) == fitting


def test_a_template_is_filled_whole_or_not() -> None:
    fields = {"thing1": "{service}", "time2": "{time}"}
    assert filled(fields, {"service": "面护", "time": "15:00"}) == {"thing1": "面护", "time2": "15:00"}
    assert filled(fields, {"service": "面护"}) is None
    assert filled(fields, {"service": "面护", "time": ""}) is None
    assert filled(fields, {"service": "面护", "time": "下午"}) is None
    assert placeholders("到 {store}，{time}") == ("store", "time")
    assert type_of("character_string12") == "character_string"


def test_the_check_of_a_shop_sees_what_the_platform_would_refuse() -> None:
    shop = load(EXAMPLE_SHOP)
    templates = (
        ReminderTemplate(kind="coupon_expiring", template_id="A", fields={"thing1": "{what}"}),
        ReminderTemplate(kind="booking_soon", template_id="B", fields={"title1": "x", "thing2": "{amount}"}),
        ReminderTemplate(kind="booking_soon", template_id="C", fields={"thing1": "{", "phrase2": "OK"}),
    )
    rules = shop.reminders.model_copy(
        update={"templates": templates, "marketing_per_month": 0, "send_at": 22}
    )
    found = {
        finding.path[1:]: finding.message for finding in check(shop.model_copy(update={"reminders": rules}))
    }
    assert set(found) == {
        ("marketing_per_month",),
        ("send_at",),
        ("templates", 0, "channel"),
        ("templates", 1, "fields", "title1"),
        ("templates", 1, "fields", "thing2"),
        ("templates", 2, "fields", "thing1"),
        ("templates", 2, "fields", "phrase2"),
    }
    assert "advertising" in found["templates", 0, "channel"]
