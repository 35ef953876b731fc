"""How the shop speaks: rules that every answer to a member keeps, whatever it is about."""

from __future__ import annotations

import re

from stage import Stage

from bot.conversation import taps, words
from bot.messages import Choice, Reply
from shop.model import Shop

LONGEST = 600
LONGEST_LABEL = 40
_HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,!?;:]|[,!?;][\u4e00-\u9fff]")
_UNFILLED = re.compile(r"[{}]|None|True|False|\bnull\b")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_CODES = re.compile(r"#[A-Z0-9]{4}|[A-Z0-9]{4}-[A-Z0-9]{4}")
_LATIN_NAMES = {"SPA", "TA", "POS", "QR"}
_BARE_MONEY = re.compile(r"¥\d{4,}|¥[\d,]+\.\d(?!\d)")  # ¥1,234.50; ¥300 as on a price list
_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{4}/\d{1,2}/\d{1,2}")


def complaints(stage: Stage, openid: str, reply: Reply) -> list[str]:
    """What is wrong with an answer; [] when nothing is."""
    found = of_text(reply.text, stage.house.shop)
    found += [
        f"the choice {choice.says!r} is not understood when it is typed"
        for choice in reply.choices
        if not understood_as_typed(stage, openid, choice)
    ]
    found += [
        f"the choice {choice.label!r} is too long"
        for choice in reply.choices
        if len(choice.label) > LONGEST_LABEL
    ]
    return found


def of_text(text: str, shop: Shop) -> list[str]:
    """What is wrong with the words alone."""
    found = []
    if len(text) > LONGEST:
        found.append(f"{len(text)} characters")
    if text.count("？") > 1:
        found.append("more than one question")
    for rule, why in (
        (_HALF_WIDTH, "half-width punctuation"),
        (_UNFILLED, "not filled in"),
        (_BARE_MONEY, "money not as ¥1,234.50"),
        (_BARE_DATE, "a date not in words"),
    ):
        wrong = rule.search(text)
        if wrong:
            found.append(f"{why}: {wrong.group()!r}")
    names = " ".join((*_LATIN_NAMES, *_names(shop)))
    found += [f"English: {word}" for word in _LATIN.findall(_CODES.sub("", text)) if word not in names]
    return found


def _names(shop: Shop) -> list[str]:
    items = (*shop.services, *shop.goods, *shop.stores, *shop.packs, *shop.coupons, *shop.rewards)
    return [item.name for item in items] + [store.address + (store.parking or "") for store in shop.stores]


def understood_as_typed(stage: Stage, openid: str, choice: Choice) -> bool:
    """Whether the words of a choice mean something exactly, or by sure phrases, with no model at hand."""
    said, memory = choice.says, stage.memory.load(openid)
    form = memory.form
    if form is not None and any(words.plain(said) == words.plain(label) for label, _value in form.options):
        return True
    if memory.pending is not None and (words.is_yes(said) or words.is_no(said)):
        return True
    if form is not None and words.is_no(said):
        return True
    shop = stage.house.shop
    return taps.read(shop, said) is not None or taps.tapped_category(shop, said) is not None
