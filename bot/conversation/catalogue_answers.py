"""Answers from the shop's own catalogue: services and prices, rewards, stores. No account is read."""

from __future__ import annotations

from actions.house import Denied
from actions.membership import cards
from bot.conversation import taps
from bot.conversation.offers import home_store_id
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from shop import hours, levels
from shop import words as shop_words
from shop.model import Category, Item, Service, Shop, Store
from shop.money import format_fen
from shop.overrides import for_store

MAX_LINES = 12


def services(turn: Turn, understood: Understanding) -> Reply:
    """The price list, or one service with the member's own price."""
    named = [turn.house.shop.service(service_id) for service_id in understood.entities.service]
    if len(named) == 1:
        return Reply(_one_service(turn, named[0]))
    if named:
        choices = tuple(Choice(service.name, f"{service.name}多少钱") for service in named[:6])
        return Reply(turn.say("service_which"), choices)
    offered = _categories(turn)
    if not offered:
        return turn.reply("services_none")
    choices = tuple(Choice(category.name, f"{category.name}价目") for category in offered[1:7])
    return Reply(_category_text(turn, offered[0]), choices)


def _categories(turn: Turn) -> list[Category]:
    """Categories that have something to sell, in the order of shop.yml."""
    shop = turn.house.shop
    used = {item.category for item in (*shop.services, *shop.goods)}
    return [category for category in shop.categories if category.id in used]


def _category_text(turn: Turn, category: Category) -> str:
    text = turn.say("services_head", category=category.name)
    shop = _here(turn)
    inside = [item for item in (*shop.services, *shop.goods) if item.category == category.id]
    for item in inside[:MAX_LINES]:
        price = format_fen(item.list_fen)
        text += turn.say("service_line", name=item.name, price=price, duration=_duration(item))
    return text


def _duration(item: Item) -> str:
    return f" · {shop_words.duration(item.duration_minutes)}" if isinstance(item, Service) else ""


def tapped_category(turn: Turn) -> Reply | None:
    """Answer “身体护理价目”, the words that the price list's choices send."""
    wanted = taps.tapped_category(turn.house.shop, turn.text)
    for category in _categories(turn):
        if category.id == wanted:
            return Reply(_category_text(turn, category))
    return None


def _here(turn: Turn) -> Shop:
    """The rules of the member's own store, whose list prices may be its own (features C4)."""
    return for_store(turn.house.shop, home_store_id(turn))


def _one_service(turn: Turn, named: Service) -> str:
    member_price, service = "", _here(turn).service(named.id)
    card = cards.read_card(turn.house, openid=turn.person.openid)
    if not isinstance(card, Denied):
        price_fen = levels.member_price_fen(turn.house.shop, card.level, service)
        if price_fen < service.list_fen:
            member_price = turn.say("member_price", price=format_fen(price_fen))
    return turn.say(
        "service_one",
        name=service.name,
        price=format_fen(service.list_fen),
        duration=_duration(service),
        member_price=member_price,
    )


def rewards(turn: Turn, _understood: Understanding) -> Reply:
    """What points buy, with a mark on what the member can have now."""
    card = cards.read_card(turn.house, openid=turn.person.openid)
    points = 0 if isinstance(card, Denied) else card.balances.points
    text = turn.say("rewards_head")
    for reward in turn.house.shop.rewards[:MAX_LINES]:
        mark = turn.say("reward_enough") if reward.points <= points else ""
        text += turn.say("reward_line", name=reward.name, points=reward.points, mark=mark)
    if not isinstance(card, Denied):
        text += turn.say("rewards_have", points=points)
    return Reply(text)


def store_info(turn: Turn, understood: Understanding) -> Reply:
    """Address, phone, hours of the named store, or the choice of stores."""
    stores = [turn.house.shop.store(store_id) for store_id in understood.entities.store]
    if not stores and len(turn.house.shop.stores) == 1:
        stores = list(turn.house.shop.stores)
    if len(stores) == 1:
        return Reply(_store_text(turn, stores[0]))
    shown = stores or list(turn.house.shop.stores)
    choices = tuple(Choice(store.name, f"{store.name}在哪") for store in shown[:8])
    return Reply(turn.say("stores_head", count=len(turn.house.shop.stores)), choices)


def _store_text(turn: Turn, store: Store) -> str:
    today = turn.now.astimezone(turn.house.shop.zone).date()
    return turn.say(
        "store_info",
        name=store.name,
        address=store.address,
        phone=store.phone,
        hours=hours.today_text(store, today),
        parking=f"\n停车：{store.parking}" if store.parking else "",
    )
