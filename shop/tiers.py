"""Tiered top-up (row B2): which tier an amount earns, and how far the next one is."""

from __future__ import annotations

from shop.model import Shop, Tier


def offers(shop: Shop, store_id: str) -> tuple[Tier, ...]:
    """The tiers of that store, smallest amount first."""
    here = [tier for tier in shop.top_up.tiers if not tier.stores or store_id in tier.stores]
    return tuple(sorted(here, key=lambda tier: tier.amount_fen))


def best_tier(shop: Shop, store_id: str, amount_fen: int) -> Tier | None:
    """The highest tier that is at most the amount: 1,000 yuan between 800 and 1,500 earns the 800 tier.

    None below the smallest tier.
    """
    reached = [tier for tier in offers(shop, store_id) if tier.amount_fen <= amount_fen]
    return reached[-1] if reached else None


def next_tier(shop: Shop, store_id: str, amount_fen: int) -> tuple[Tier, int] | None:
    """The next tier above the amount and the fen that are missing to it; None at the top."""
    above = [tier for tier in offers(shop, store_id) if tier.amount_fen > amount_fen]
    return (above[0], above[0].amount_fen - amount_fen) if above else None
