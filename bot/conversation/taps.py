"""Words that choices and the menu send: understood exactly, without the language model (features A11)."""

from __future__ import annotations

import re

from bot.conversation import words
from nlu.understanding import Entities, Understanding
from shop.model import Shop

_STORE, _PRICE, _REDEEM = re.compile(r"(.+)在哪"), re.compile(r"(.+)多少钱"), re.compile(r"兑换(.+)")


def read(shop: Shop, text: str) -> Understanding | None:
    """What an exact command or a tap means; None for any other words."""
    amount_fen = words.tapped_top_up_fen(text)
    if amount_fen is not None:
        return _sure(text, "topup", Entities(amount_fen=amount_fen))
    intent = words.tapped_intent(text)
    if intent is not None:
        return _sure(text, intent, Entities())
    return _named(shop, text)


def tapped_category(shop: Shop, text: str) -> str | None:
    """The id of the category of “身体护理价目”."""
    wanted = text.strip()
    return next((each.id for each in shop.categories if wanted == f"{each.name}价目"), None)


def _named(shop: Shop, text: str) -> Understanding | None:
    """“国贸店在哪”, “眼部护理多少钱”, “兑换护手霜一支”: only with the very name."""
    said = words.plain(text)
    for pattern, intent, field, known in (
        (_STORE, "store_info", "store", shop.stores),
        (_PRICE, "query_services", "service", shop.services),
        (_REDEEM, "redeem", "reward", shop.rewards),
    ):
        named = pattern.fullmatch(said)
        found = [each.id for each in known if named and words.plain(each.name) == named.group(1)]
        if found:
            return _sure(text, intent, Entities(**{field: tuple(found)}))  # type: ignore[arg-type]
    return None


def _sure(text: str, intent: str, said: Entities) -> Understanding:
    return Understanding(text, intent, 1.0, said, "keywords")
