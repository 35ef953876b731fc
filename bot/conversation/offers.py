"""Top-up offers in words: what an amount gives, how far the next tier is (features A5)."""

from __future__ import annotations

from actions.counter import facts, top_up_orders
from actions.house import Denied
from bot.conversation import length
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from shop import days, giving, points, tiers, words
from shop.model import Tier
from shop.money import format_fen
from shop.tiers import MemberFacts


def offers(turn: Turn, understood: Understanding) -> Reply:
    """All tiers, or what the named amount would give."""
    doubt = _amount_in_doubt(turn, understood)
    if doubt is not None:
        return doubt
    if understood.entities.amount_fen is not None:
        return Reply(_amount_text(turn, understood.entities.amount_fen))
    lines = []
    known = facts.of_openid(turn.house, openid=turn.person.openid)
    for tier in _offered(turn, known):
        line = turn.say("offer_line", amount=format_fen(tier.amount_fen), gives=_gives(turn, tier))
        lines.append(line + "".join(f"（{note}）" for note in (days.when_text(tier.when), tier.text) if note))
    more, tail = turn.say("offers_more"), _multiplied(turn, known) + turn.say("offers_tail")
    return Reply(length.fitting(turn.say("offers_head"), lines, more, tail))


def top_up(turn: Turn, understood: Understanding) -> Reply:
    """A member's wish to top up: what it gives, and that staff book it in the store. Books nothing itself."""
    doubt = _amount_in_doubt(turn, understood)
    if doubt is not None:
        return doubt
    amount_fen = understood.entities.amount_fen
    if amount_fen is None:
        shown = _offered(turn, facts.of_openid(turn.house, openid=turn.person.openid))[:3]
        choices = tuple(
            Choice(f"充 {format_fen(tier.amount_fen)}", f"充{tier.amount_fen // 100}")
            for tier in shown
            if tier.amount_fen % 100 == 0
        )
        return Reply(turn.say("topup_how_much"), choices)
    return Reply(_amount_text(turn, amount_fen) + _how_to_pay(turn, amount_fen))


def _how_to_pay(turn: Turn, amount_fen: int) -> str:
    """A code that the cashier calls up; without a card the way to the store."""
    order = top_up_orders.place(turn.house, openid=turn.person.openid, amount_fen=amount_fen)
    if isinstance(order, Denied):
        return turn.say("topup_in_store") if order.code == "not_member" else ""
    until = words.moment(order.expires_at, turn.house.shop.zone)
    return turn.say("top_up_order", code=order.code, until=until)


def _amount_in_doubt(turn: Turn, understood: Understanding) -> Reply | None:
    candidates = understood.entities.candidates.get("amount_fen", ())
    amounts = [value for value in candidates if isinstance(value, int)]
    if not amounts:
        return None
    shown = [format_fen(value) for value in amounts]
    choices = tuple(Choice(f"充 {text}", f"充值{text.lstrip('¥')}元") for text in shown[:4])
    if len(shown) == 1:
        turn.memory.guessed = choices[0].says
        return Reply(turn.say("amount_unsure_one", amount=shown[0]), choices)
    return Reply(turn.say("amount_unsure", amounts="、".join(shown)), choices)


def _amount_text(turn: Turn, amount_fen: int) -> str:
    rules = turn.house.shop.top_up
    if not 0 < amount_fen <= rules.maximum_fen:
        return turn.say("amount_out_of_range", limit=format_fen(rules.maximum_fen))
    store_id = home_store_id(turn)
    known = facts.of_openid(turn.house, openid=turn.person.openid)
    shop, amount = turn.house.shop, format_fen(amount_fen)
    chosen = tiers.choose(shop, store_id, amount_fen, known, turn.now)
    occasion = points.Occasion(store_id, turn.now, known)
    level = shop.level(known.level_id)
    more = points.beyond_tier(shop, store_id, amount_fen, chosen.tier, level, occasion)
    gives = giving.gives_text(shop, giving.of_tier(shop, chosen.tier, turn.now, more_points=more))
    text = turn.say("offer_for" if gives else "offer_none", amount=amount, gives=gives)
    if chosen.next is None:
        return text
    bigger, missing_fen = chosen.next
    return text + turn.say(
        "offer_next",
        missing=format_fen(missing_fen),
        amount=format_fen(bigger.amount_fen),
        gives=_gives(turn, bigger),
    )


def _gives(turn: Turn, tier: Tier) -> str:
    return giving.gives_text(turn.house.shop, giving.of_tier(turn.house.shop, tier, turn.now))


def _multiplied(turn: Turn, known: MemberFacts) -> str:
    """The lines name the tiers' own points; what multiplies them for this member is said after them."""
    own = points.own_multiplier(points.Occasion(home_store_id(turn), turn.now, known), "top_ups")
    return giving.held_text(turn.house.shop, own) if own else ""


def _offered(turn: Turn, known: MemberFacts) -> tuple[Tier, ...]:
    """The tiers that this member can have today in his store, smallest first."""
    return tiers.offers(turn.house.shop, home_store_id(turn), known, turn.now)


def home_store_id(turn: Turn) -> str:
    member = turn.person.member
    known = {store.id for store in turn.house.shop.stores}
    if member is not None and member.home_store_id in known:
        return str(member.home_store_id)
    return turn.house.shop.stores[0].id


def change_text(stored_fen: int, points: int) -> str:
    """+¥330.00 or -¥98.00; points alone when no money moved."""
    if stored_fen:
        return f"{'+' if stored_fen > 0 else ''}{format_fen(stored_fen)}"
    return f"{points:+d} 积分" if points else format_fen(0)
