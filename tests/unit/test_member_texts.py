"""The sentences themselves: each in one room, used, filled, in Chinese, with full-width punctuation."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shop import texts

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bot", "actions", "shop", "ledger", "nlu", "webhook")
MEMBER_PARTS = ("member", "forms", "service", "referral", "booking", "coupons", "rules")
LONGEST = 600
# Latin letters that a member may read: names of things, not English.
LATIN = {"TA"}


def parts() -> dict[str, dict[str, str]]:
    rooms = (room.name for room in pkgutil.iter_modules(texts.__path__))
    return {room: importlib.import_module(f"shop.texts.{room}").TEXTS for room in rooms}


def placeholders(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "rasa" not in path.parts[-3:-1]]


def test_a_name_stands_in_one_part_only() -> None:
    counted = Counter(name for part in parts().values() for name in part)
    assert [name for name, count in counted.items() if count > 1] == []


def test_no_text_is_unused() -> None:
    """Names that code puts together (“wish_” + intent) count by their beginning."""
    code = "\n".join(path.read_text("utf-8") for path in sources() if "texts" not in path.parts)
    code += (ROOT / "shop" / "texts" / "__init__.py").read_text("utf-8")
    said = set(re.findall(r"[\"']([a-z][a-z0-9_]+)[\"']", code))
    begun = set(re.findall(r"f[\"']([a-z][a-z_]*_)\{", code))
    begun |= set(re.findall(r"[\"']([a-z][a-z_]*_)[\"'] \+", code))
    both_ends = set(re.findall(r"f[\"'](?:([a-z_]+))?\{[^}]*\}(_[a-z_]+)[\"']", code))
    unused = [
        name
        for name in texts.TEXTS
        if name not in said
        and not any(name.startswith(start) for start in begun)
        and not any(name.startswith(start) and name.endswith(end) for start, end in both_ends)
    ]
    assert unused == []


def test_texts_are_short_and_well_punctuated() -> None:
    wrong = [
        name
        for name, template in texts.TEXTS.items()
        if len(template) > LONGEST
        or re.search(r"[\u4e00-\u9fff”“][,!?;:]|[,!?;][\u4e00-\u9fff]", template)
        or re.search(r"。。|，，|？？|！！| \n", template)
    ]
    assert wrong == []


def member_names() -> set[str]:
    found = parts()
    return {
        name
        for part in MEMBER_PARTS
        for name in found[part]
        if not re.match(
            r"staff_|help_|coupon_issue|booking_(?:usage|day|block|for|kind)|ticket_|voucher_", name
        )
    }


def test_what_a_member_reads_asks_once_and_in_chinese() -> None:
    wrong = []
    for name in sorted(member_names()):
        words = re.sub(r"\{[^}]*\}|[A-Z0-9]{4}-[A-Z0-9]{4}", "", texts.TEXTS[name])
        if words.count("？") > 1 or not set(re.findall(r"[A-Za-z]{2,}", words)) <= LATIN:
            wrong.append(name)
    assert wrong == []


def said_with_names() -> Iterator[tuple[str, str, set[str]]]:
    """(place, text, names given) of every say(…) and reply(…) whose text is named on the spot."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
                continue
            if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"say", "reply"}:
                continue
            for argument in node.args[:2]:
                for name in named(argument):
                    if name in texts.TEXTS:
                        yield f"{path.name}:{node.lineno}", name, {str(word.arg) for word in node.keywords}


def named(argument: ast.expr) -> list[str]:
    """The text names an argument can be: a constant, or either side of a choice."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return [argument.value]
    if isinstance(argument, ast.IfExp):
        return [*named(argument.body), *named(argument.orelse)]
    return []


def test_every_placeholder_is_given() -> None:
    found = list(said_with_names())
    assert len(found) > 150
    missing = [
        (place, name, sorted(placeholders(texts.TEXTS[name]) - given))
        for place, name, given in found
        if placeholders(texts.TEXTS[name]) - given
    ]
    assert missing == []
