"""What the page shows, as words: the same words and figures as in the chat."""

from __future__ import annotations

from actions.house import House
from actions.membership.member_page import MemberPage
from ledger.book import StatementLine, transfer_number
from shop import giving, texts, words
from shop.model import UnknownIdError
from shop.money import format_fen
from shop.periods import last_day


def shown(house: House, page: MemberPage) -> dict[str, object]:
    """The template's values; every amount is formatted here."""
    shop, card, balances = house.shop, page.card, page.card.balances
    zone = shop.zone
    return {
        "shop": shop.name,
        "brand": shop.brand_colour,
        "name": card.member.name,
        "number": card.member.id,
        "phone": words.masked_phone(card.member.phone) if card.member.phone else "",
        "level": card.level.name,
        "total": format_fen(balances.stored_fen),
        "paid_in": format_fen(balances.paid_in_fen),
        "gift": format_fen(balances.gift_fen),
        "points": balances.points,
        "multiplied": [giving.held_text(shop, each).strip() for each in card.multipliers],
        "debt": format_fen(balances.debt_fen) if balances.debt_fen else "",
        "entitlements": [
            {"name": _pack_name(house, each.code), "left": f"{each.amount} {_unit(each.unit)}"}
            for each in balances.entitlements
        ],
        "expiring": [
            {
                "what": texts.say(shop, f"me_lot_{lot.kind}"),
                "amount": format_fen(lot.amount) if lot.kind == "gift" else lot.amount,
                "day": words.full_date(last_day(lot.expires_at, zone)),
            }
            for lot in card.expiring
            if lot.expires_at is not None and lot.kind in {"gift", "points"}
        ],
        "start": page.start.isoformat(),
        "end": page.end.isoformat(),
        "period": f"{words.full_date(page.start)} 至 {words.full_date(page.end)}",
        "lines": [_line(house, line) for line in page.lines],
        "older": page.older,
        "printed_at": words.moment(house.clock(), zone),
        "sealed_at": words.moment(page.sealed_at, zone) if page.sealed_at else "",
        "seal": page.seal,
    }


def _line(house: House, line: StatementLine) -> dict[str, str]:
    shop = house.shop
    stored_fen = line.paid_in_fen + line.gift_fen
    moves = [f"{'+' if stored_fen > 0 else ''}{format_fen(stored_fen)}"] if stored_fen else []
    moves += [f"{line.points:+d} 积分"] if line.points else []
    moves += [
        f"{_pack_name(house, each.code)} {each.amount:+d} {_unit(each.unit)}" for each in line.entitlements
    ]
    return {
        "time": words.moment(line.occurred_at, shop.zone),
        "number": transfer_number(line.transfer_id),
        "what": texts.say(shop, f"kind_{line.kind}"),
        "memo": line.memo,
        "store": _store_name(house, line.store_id),
        "change": " · ".join(moves) or "—",
        "sign": "in" if stored_fen > 0 else "out" if stored_fen < 0 else "",
        "left": format_fen(line.after.stored_fen),
        "points_left": str(line.after.points),
    }


def _store_name(house: House, store_id: str) -> str:
    try:
        return house.shop.store(store_id).name
    except UnknownIdError:
        return ""


def _pack_name(house: House, code: str) -> str:
    try:
        return house.shop.pack(code).name
    except UnknownIdError:
        return code


def _unit(unit: str) -> str:
    return {"times": "次", "minutes": "分钟", "lessons": "课时"}.get(unit, unit)
