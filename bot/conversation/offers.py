"""Top-up offers in words: what an amount gives, how far the next tier is (features A5)."""

from __future__ import annotations

from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from shop import texts, tiers
from shop.model import Tier
from shop.money import format_fen

MAX_TIERS_SHOWN = 6


def offers(turn: Turn, understood: Understanding) -> Reply:
    """All tiers, or what the named amount would give."""
    doubt = _amount_in_doubt(turn, understood)
    if doubt is not None:
        return doubt
    if understood.entities.amount_fen is not None:
        return Reply(_amount_text(turn, understood.entities.amount_fen))
    text = turn.say("offers_head")
    for tier in tiers.offers(turn.house.shop, _home_store_id(turn))[:MAX_TIERS_SHOWN]:
        text += turn.say("offer_line", amount=format_fen(tier.amount_fen), gives=_gives(turn, tier))
    return Reply(text + turn.say("offers_tail"))


def top_up(turn: Turn, understood: Understanding) -> Reply:
    """A member's wish to top up: what it gives, and that staff book it in the store. Books nothing itself."""
    doubt = _amount_in_doubt(turn, understood)
    if doubt is not None:
        return doubt
    amount_fen = understood.entities.amount_fen
    if amount_fen is None:
        shown = tiers.offers(turn.house.shop, _home_store_id(turn))[:3]
        choices = tuple(
            Choice(f"充 {format_fen(tier.amount_fen)}", f"充{tier.amount_fen // 100}")
            for tier in shown
            if tier.amount_fen % 100 == 0
        )
        return Reply(turn.say("topup_how_much"), choices)
    return Reply(_amount_text(turn, amount_fen) + turn.say("topup_in_store"))


def _amount_in_doubt(turn: Turn, understood: Understanding) -> Reply | None:
    candidates = understood.entities.candidates.get("amount_fen", ())
    amounts = [value for value in candidates if isinstance(value, int)]
    if not amounts:
        return None
    shown = [format_fen(value) for value in amounts]
    choices = tuple(Choice(f"充 {text}", f"充值{text.lstrip('¥')}元") for text in shown[:4])
    return Reply(turn.say("amount_unsure", amounts="、".join(shown)), choices)


def _amount_text(turn: Turn, amount_fen: int) -> str:
    rules = turn.house.shop.top_up
    if not 0 < amount_fen <= rules.maximum_fen:
        return turn.say("amount_out_of_range", limit=format_fen(rules.maximum_fen))
    store_id = _home_store_id(turn)
    tier = tiers.best_tier(turn.house.shop, store_id, amount_fen)
    amount = format_fen(amount_fen)
    if tier is None:
        text = turn.say("offer_none", amount=amount)
    else:
        text = turn.say("offer_for", amount=amount, gives=_gives(turn, tier))
    following = tiers.next_tier(turn.house.shop, store_id, amount_fen)
    if following is None:
        return text
    bigger, missing_fen = following
    return text + turn.say(
        "offer_next",
        missing=format_fen(missing_fen),
        amount=format_fen(bigger.amount_fen),
        gives=_gives(turn, bigger),
    )


def _gives(turn: Turn, tier: Tier) -> str:
    return texts.gives(turn.house.shop, gift_fen=tier.gift_fen, points=tier.points)


def _home_store_id(turn: Turn) -> str:
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
