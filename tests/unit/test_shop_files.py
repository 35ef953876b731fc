"""shop.yml: what is read, what is refused, and where the refusal points."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from shop.commands import shop as shop_command
from shop.files import Problem, ShopFileError, inspect, inspect_content, load, loads
from shop.money import MoneyError, format_fen, parse_yuan, short_fen
from shop.tree import MAX_BYTES

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
BEAUTY = (EXAMPLES / "beauty.yml").read_text(encoding="utf-8")

SMALL = """\
name: 小店
stores:
  - id: main
    name: 总店
    aliases: [老店]
    address: 幸福路 1 号
    phone: 010-80000001
    hours: {every_day: 10:00-21:00}
categories:
  - {id: care, name: 护理}
services:
  - {id: facial, name: 做脸, aliases: [洗脸], category: care, price: 198, duration_minutes: 60}
  - {id: nails, name: 美甲, category: care, price: 68.5, duration_minutes: 45}
goods:
  - {id: mask, name: 面膜, category: care, price: "39.90"}
technicians:
  - {id: wang, name: 王丽, stores: [main]}
top_up:
  minimum: 100
  maximum: 5000
  tiers:
    - {id: a, name: 小档, amount: 300, gift: 30}
    - {id: b, name: 大档, amount: 800, gift: 120}
levels:
  - {id: fresh, name: 新客}
  - {id: grown, name: 成长, conditions: {visits: 3}}
  - {id: loyal, name: 忠诚, conditions: {visits: 10, spent: 3000}}
rewards:
  - {id: r1, name: 洗脸一次, points: 100, kind: service, item: facial}
  - {id: r2, name: 20元券, points: 200, kind: cash, value: 20}
payment_methods:
  - {id: cash, name: 现金}
  - {id: wechat, name: 微信, aliases: [wx]}
roles:
  - {id: cashier, name: 收银员, per_entry: 2000}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) >= 1, old
    return SMALL.replace(old, new, 1)


def problems_of(content: str | bytes) -> list[Problem]:
    with pytest.raises(ShopFileError) as caught:
        loads(content)
    assert caught.value.problems
    return caught.value.problems


def lines_of_change(old: str, new: str) -> range:
    """The lines of the changed text in which `new` stands, counted from 1."""
    first = SMALL[: SMALL.index(old)].count("\n") + 1
    return range(first, first + new.count("\n") + 1)


def line_of(content: str, fragment: str) -> int:
    return next(number for number, line in enumerate(content.splitlines(), 1) if fragment in line)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_example_is_in_order_without_warnings(path: Path) -> None:
    inspection = inspect(path)
    assert inspection.problems == []
    assert inspection.shop is not None


def test_amounts_are_exact_fen_however_they_are_written() -> None:
    shop = loads(SMALL)
    assert shop.service("facial").list_fen == 19800
    assert shop.service("nails").list_fen == 6850
    assert shop.good("mask").list_fen == 3990
    conditions = shop.level("loyal").conditions
    assert conditions is not None
    assert conditions.spent_fen == 300_000


@given(st.integers(0, 10**9))
def test_every_amount_of_fen_survives_being_written_in_yuan(amount_fen: int) -> None:
    yuan, fen = divmod(amount_fen, 100)
    assert parse_yuan(f"{yuan}.{fen:02d}") == amount_fen
    assert parse_yuan(format_fen(amount_fen)) == amount_fen
    assert parse_yuan(short_fen(amount_fen)) == amount_fen


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("300", 30000),
        ("68.5", 6850),
        ("1,500", 150000),
        ("¥88", 8800),
        ("￥８８", 8800),
        ("88元", 8800),
        ("0.01", 1),
    ],
)
def test_yuan_as_people_write_them(written: str, fen: int) -> None:
    assert parse_yuan(written) == fen


@pytest.mark.parametrize(
    "written",
    ["-5", "0.001", "1e3", "五百", "", "1,50", "12,345,6", "10000001", "3.", ".5", "1.5k", "٣٠٠", "nan"],
)
def test_yuan_that_are_none(written: str) -> None:
    with pytest.raises(MoneyError):
        parse_yuan(written)


@pytest.mark.parametrize(
    ("old", "new", "field", "says", "remedy"),
    [
        ("price: 198", "price: -198", "services[0].price", "negative", "no minus sign"),
        ("price: 68.5", "price: 68.555", "services[1].price", "more than two decimals", "68.50"),
        ("price: 198", "price: 1e3", "services[0].price", "not an amount", "68.50"),
        ("price: 198", "price: true", "services[0].price", "an amount of yuan", "68.50"),
        ("price: 198", "pricee: 198", "services[0].pricee", "no field “pricee”", "“price”"),
        ("name: 小店", "nmae: 小店", "nmae", "no field “nmae”", "“name”"),
        ("name: 小店", "name: 小店\nzzz: 1", "zzz", "no field “zzz”", "timezone"),
        ("phone: 010-80000001", "phone: 12345", "stores[0].phone", "not a telephone number", "area code"),
        ("10:00-21:00", "21:00-10:00", "stores[0].hours.every_day", "opens after it closes", "next day"),
        ("10:00-21:00", "10:00-25:00", "stores[0].hours.every_day", "not a time of day", "24:00"),
        ("10:00-21:00", "10-21", "stores[0].hours.every_day", "not an opening time", "休息"),
        (
            "every_day: 10:00-21:00",
            'every_day: "10:00-15:00, 14:00-21:00"',
            "stores[0].hours.every_day",
            "overlap",
            "apart",
        ),
        ("id: facial,", "id: Facial,", "services[0].id", "cannot be an id", "lower-case"),
        ("kind: cash", "kind: money", "rewards[1].kind", "not one of the choices", "'cash'"),
        (
            "duration_minutes: 60",
            "duration_minutes: 1",
            "services[0].duration_minutes",
            "5 or more",
            "larger",
        ),
        (
            "duration_minutes: 60",
            "duration_minutes: 一小时",
            "services[0].duration_minutes",
            "whole number",
            "12",
        ),
        ("stores: [main]", "stores: main", "technicians[0].stores", "a list is needed", "dash"),
        ("stores: [main]", "stores: []", "technicians[0].stores", "at least one", "beauty.yml"),
        ("minimum: 100", "minimum: 0", "top_up.minimum", "more than 0", "larger"),
        ("name: 小店", "name: 小店\ntimezone: Asia/Peking", "timezone", "not a time zone", "Asia/Shanghai"),
        ("name: 小店", "name: 小店\nbrand_colour: red", "brand_colour", "not a colour", "#"),
        ("name: 小店", "name: 小店\nlaw: {refund_days: 3}", "law.refund_days", "7 or more", "larger"),
        (
            "name: 小店",
            "name: 小店\npoints: {per_yuan_stored: 1.234}",
            "points.per_yuan_stored",
            "decimals",
            "2",
        ),
        ("name: 小店", "name: 小店\npoints: 3", "points", "fields are needed", "name: value"),
        ("name: 小店", "name:", "name", "a text is needed", "quotes"),
        ("name: 小店", 'name: ""', "name", "empty", "delete"),
        ("name: 小店", "name: " + "店" * 21, "name", "longer than 20", "shorter"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_remedy(
    old: str, new: str, field: str, says: str, remedy: str
) -> None:
    content = changed(old, new)
    found = [problem for problem in problems_of(content) if problem.field == field]
    assert len(found) == 1
    assert says in found[0].message
    assert remedy in found[0].remedy
    assert found[0].line in lines_of_change(old, new)


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("id: nails", "id: facial", "services[1].id", "already taken"),
        ("id: mask", "id: facial", "goods[0].id", "already taken"),
        ("{id: b, name: 大档", "{id: a, name: 大档", "top_up.tiers[1].id", "already taken"),
        ("id: loyal", "id: fresh", "levels[2].id", "already taken"),
        ("id: owner", "id: manager", "roles[3].id", "already taken"),
        ("name: 面膜, category: care", "name: 面膜, category: x", "goods[0].category", "no category “x”"),
        ("stores: [main]", "stores: [mian]", "technicians[0].stores[0]", "no store “mian”"),
        ("stores: [main]", "stores: [main, main]", "technicians[0].stores[1]", "named twice"),
        ("gift: 30}", "gift: 30, stores: [x]}", "top_up.tiers[0].stores[0]", "no store “x”"),
        ("60}", "60, technicians: [li]}", "services[0].technicians[0]", "no technician “li”"),
        ("item: facial", "item: mask", "rewards[0].item", "no service “mask”"),
        (", item: facial", "", "rewards[0]", "names no item"),
        (", value: 20", "", "rewards[1]", "has no value"),
        ("value: 20", "value: 20, item: mask", "rewards[1].item", "has no item"),
        ("item: facial", "item: facial, value: 3", "rewards[0].value", "only a cash reward"),
        ("amount: 800", "amount: 300", "top_up.tiers[1].amount", "overlap"),
        ("amount: 800", "amount: 8000", "top_up.tiers[1].amount", "nobody can reach"),
        ("minimum: 100", "minimum: 6000", "top_up.minimum", "above the largest"),
        ("maximum: 5000", "maximum: 5000.01", "top_up.maximum", "above the law's cap"),
        (
            "{id: fresh, name: 新客}",
            "{id: fresh, name: 新客, conditions: {visits: 1}}",
            "levels[0].conditions",
            "first",
        ),
        ("visits: 10, ", "visits: 2, ", "levels[2].conditions.visits", "less than 成长"),
        ("{visits: 10, spent: 3000}", "{visits: 3}", "levels[2].conditions", "the same as"),
        (", conditions: {visits: 3}", "", "levels[1].conditions", "asks for nothing"),
        (
            ", conditions: {visits: 3}",
            ", conditions: {match: all}",
            "levels[1].conditions",
            "asks for nothing",
        ),
        ("美甲, ", "美甲, aliases: [洗 脸], ", "services[1].aliases[0]", "already means 做脸"),
        ("name: 面膜", "name: 做脸", "goods[0].name", "already means 做脸"),
        ("aliases: [wx]", "aliases: [现 金]", "payment_methods[1].aliases[0]", "already means 现金"),
        (
            "price: 198",
            "price: 198, member_prices: [{level: loyal, price: 199}]",
            "services[0].member_prices[0].price",
            "above its list",
        ),
        (
            "price: 198",
            "price: 198, member_prices: [{level: gold, price: 1}]",
            "services[0].member_prices[0]",
            "no level “gold”",
        ),
        ("  - {id: manager, name: 店长}\n", "", "roles", "“manager” is missing"),
        ("name: 小店", "name: 小店\ntexts: {sentences: {thankz: x}}", "texts.sentences.thankz", "no text"),
        (
            "name: 小店",
            "name: 小店\ntexts: {sentences: {thanks: '{x}'}}",
            "texts.sentences.thanks",
            "{x} cannot",
        ),
        (
            "name: 小店",
            "name: 小店\ntexts: {sentences: {goodbye: '{shop.__class__}'}}",
            "texts.sentences.goodbye",
            "{shop.__class__} cannot",
        ),
        (
            "name: 小店",
            "name: 小店\ntexts: {sentences: {thanks: 'a}'}}",
            "texts.sentences.thanks",
            "stands alone",
        ),
    ],
)
def test_what_types_cannot_see(old: str, new: str, field: str, says: str) -> None:
    content = changed(old, new)
    errors = [problem for problem in problems_of(content) if problem.severity == "error"]
    found = [problem for problem in errors if problem.field == field]
    assert len(found) == 1, errors
    assert says in found[0].message
    assert found[0].remedy
    assert found[0].line in (line_of(content, "roles:"), *lines_of_change(old, new))


def test_two_closings_of_one_date() -> None:
    day = "{date: 2027-02-06, hours: 休息}"
    content = changed("hours: {every", f"special_days: [{day}, {day}]\n    hours: {{every")
    assert [problem.field for problem in problems_of(content)] == ["stores[0].special_days[1].date"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("gift: 120}", "gift: 801}", "top_up.tiers[1].gift"),
        ("gift: 120", "gift: 20", "top_up.tiers[1].gift"),
        ("conditions: {visits: 3}", "conditions: {visits: 3}, member_price_percent: 90", "levels[2]"),
        ("name: 小店", "name: 小店\nlaw: {card_cap: 6000}", "law.card_cap"),
        ("name: 小店", "name: 小店\ntexts: {sentences: {goodbye: 再见}}", "texts.sentences.goodbye"),
        (
            "{id: wang",
            "{id: li, name: 李娜, aliases: [王丽], stores: [main]}\n  - {id: wang",
            "technicians[1].name",
        ),
    ],
)
def test_doubtful_values_are_warnings_and_the_shop_still_loads(old: str, new: str, field: str) -> None:
    inspection = inspect_content(changed(old, new).encode())
    assert inspection.shop is not None
    assert [problem.field.startswith(field) for problem in inspection.problems] == [True]
    assert {problem.severity for problem in inspection.problems} == {"warning"}


def test_several_problems_come_in_the_order_of_the_file() -> None:
    content = changed("phone: 010-80000001", "phone: 1").replace("price: 68.5", "price: -1")
    found = problems_of(content)
    assert [problem.field for problem in found] == ["stores[0].phone", "services[1].price"]
    assert found[0].line < found[1].line


@pytest.mark.parametrize(
    ("content", "line", "says", "remedy"),
    [
        (b"", 1, "empty", "beauty.yml"),
        (b"# only a comment\n", 1, "empty", "beauty.yml"),
        (b"---\n", 1, "empty", "beauty.yml"),
        ("名字".encode("gb18030"), 1, "not UTF-8", "UTF-8"),
        ("name: 店".encode("utf-16"), 1, "not UTF-8", "UTF-8"),
        (b"name: x\n\tstores: y\n", 2, "tab", "spaces"),
        (b"name: x\nname: y\n", 2, "written twice", "line 1"),
        (b"a: {b: 1, b: 2}\n", 1, "written twice", "line 1"),
        (b"a: &x [1]\nb: *x\n", 1, "anchors", "Write the value out"),
        (b"a: !!python/object:os.system x\n", 1, "tag", "Delete"),
        (b"a: 1\n---\nb: 2\n", 2, "second document", "---"),
        (b"? [a, b]\n: 1\n", 1, "field name", "name: value"),
        (b"name: a: b\n", 1, "cannot be read", "quotes"),
        (b"name: [a\n", 2, "cannot be read", ""),
        ("name：小店\nstores: []\n".encode(), 2, "cannot be read", "half-width colon"),
        (b"name: x\nb: \x00\n", 2, "control character", "anew"),
        (b"[" * 5000, 1, "nested too deeply", "beauty.yml"),
        (b"x" * (MAX_BYTES + 1), 1, "too large", "right file"),
        (b"just a text\n", 1, "fields are needed", "name: value"),
        (b"- 1\n- 2\n", 1, "fields are needed", "name: value"),
    ],
)
def test_what_is_no_shop_file_at_all(content: bytes, line: int, says: str, remedy: str) -> None:
    (problem,) = problems_of(content)
    assert problem.line == line
    assert says in problem.message
    assert remedy in problem.remedy


def test_an_anchor_bomb_is_refused_at_its_first_anchor() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{new}: &{new} [{','.join(['*' + old] * 9)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (problem,) = problems_of("\n".join(lines))
    assert (problem.line, "anchors" in problem.message) == (1, True)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    assert loads(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()) == loads(SMALL)


def test_a_file_of_ten_megabytes_is_not_read_to_its_end(tmp_path: Path) -> None:
    large = tmp_path / "shop.yml"
    with large.open("wb") as file:
        file.truncate(10 * 1024 * 1024)
    with pytest.raises(ShopFileError, match="too large"):
        load(large)


@pytest.mark.parametrize("name", ["missing.yml", "."])
def test_a_path_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ShopFileError, match="cannot be read"):
        load(tmp_path / name)


def test_any_mutilation_of_the_example_is_a_shop_or_a_list_of_problems() -> None:
    """Never another exception, and every problem stands inside the file."""
    chance = random.Random(20261122)
    for _ in range(60):
        text = list(BEAUTY[: chance.randrange(400, 4000)])
        for _ in range(chance.randrange(1, 6)):
            text[chance.randrange(len(text))] = chance.choice("-:{}[],&*#'\"\n ：0x\u0007é")
        content = "".join(text)
        inspection = inspect_content(content.encode())
        assert (inspection.shop is None) == any(each.severity == "error" for each in inspection.problems)
        assert all(1 <= each.line <= content.count("\n") + 2 and each.remedy for each in inspection.problems)


def test_yaml_surprises_are_plain_texts() -> None:
    content = changed("address: 幸福路 1 号", "address: yes").replace("name: 王丽", "name: 0012")
    shop = loads(content)
    assert shop.store("main").address == "yes"
    assert shop.technician("wang").name == "0012"


def test_the_version_names_the_content_not_its_spelling() -> None:
    version = loads(SMALL).version
    assert len(version) == 12
    assert loads("# changed\n" + SMALL.replace("price: 68.5", 'price: "¥68.50"')).version == version
    assert loads(SMALL + "timezone: Asia/Shanghai\n").version == version
    assert loads(changed("price: 198", "price: 199")).version != version
    assert loads(changed("gift: 30}", "gift: 31}")).version != version


def test_a_changed_copy_of_a_shop_has_a_version_and_look_ups_of_its_own() -> None:
    shop = loads(SMALL)
    before = (shop.version, shop.service("facial").name)
    copied = shop.model_copy(update={"services": shop.services[1:]})
    assert copied.version != before[0]
    assert copied != shop
    with pytest.raises(KeyError):
        copied.service("facial")
    assert (shop.version, shop.service("facial").name) == before
    assert hash(loads(SMALL)) == hash(shop)


def test_check_prints_a_summary_and_ends_with_0() -> None:
    result = CliRunner().invoke(shop_command, ["check", str(EXAMPLES / "beauty.yml")])
    assert result.exit_code == 0
    assert "国贸店" in result.output
    assert "is in order" in result.output


def test_check_prints_every_problem_with_its_place_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "shop.yml"
    content = changed("phone: 010-80000001", "phone: 1").replace("price: 68.5", "price: -1")
    file.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(shop_command, ["check", str(file)])
    assert result.exit_code == 1
    assert f"shop.yml:{line_of(content, 'phone: 1')}:" in result.output
    assert f"shop.yml:{line_of(content, 'price: -1')}:" in result.output
    assert "2 problems to correct" in result.output


def test_check_of_a_shop_with_a_warning_ends_with_0(tmp_path: Path) -> None:
    file = tmp_path / "shop.yml"
    file.write_text(changed("gift: 30}", "gift: 301}"), encoding="utf-8")
    result = CliRunner().invoke(shop_command, ["check", str(file)])
    assert result.exit_code == 0
    assert "warning: top_up.tiers[0].gift" in result.output


def test_texts_lists_what_can_be_put_in_other_words() -> None:
    result = CliRunner().invoke(shop_command, ["texts"])
    assert result.exit_code == 0
    assert "goodbye: " in result.output
