"""消费: a purchase at the counter, at the best price, confirmed line by line (features C1, C3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from actions.counter import entries, plain, purchases
from actions.counter.purchases import Bound, PurchaseQuote, PurchaseReceipt, PurchaseRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Choice, Reply
from bot.staff import booking_ends, choosing, items, reading, whom
from bot.staff.command import Complaint, StaffCommand
from bot.staff.items import ItemSaid, NotFound
from shop import words
from shop.model import Shop
from shop.money import format_fen

KIND = "purchase"
MOST_UNUSED_SHOWN = 3
# The words that set a flag of the request; the longer first.
_FLAGS: tuple[tuple[str, str, bool], ...] = (
    (r"不用?(?:优惠)?券", "use_coupons", False),
    (r"不用?积分", "use_points", False),
    (r"用积分", "use_points", True),
    (r"不用?(?:余额|储值)", "use_stored", False),
    (r"不(?:划卡|划次|用次卡)", "use_packs", False),
)
_POINTS = re.compile(
    r"(?:用积分|积分抵?|用)\s*(?P<points>\d{1,7})\s*(?:积分|分)|用积分\s*(?P<after>\d{2,7})(?!\d)"
)
_BACK = re.compile(r"补录\s*[:：]?\s*(?P<day>[^\s]+)")
_WORD_OF_CHANGE = {
    ("use_coupons", False): "不用券",
    ("use_points", False): "不用积分",
    ("use_points", True): "用积分",
    ("use_packs", False): "不划卡",
    ("use_stored", False): "不用余额",
}


@dataclass(frozen=True)
class Purchase:
    """What was typed; `points`: how many points the member wants to pay with, checked against the quote."""

    who: str
    items: tuple[ItemSaid, ...]
    payment_method_id: str | None = None
    store_id: str | None = None
    flags: dict[str, bool] = field(default_factory=dict)
    points: int | None = None
    back_day: str = ""


def parse(shop: Shop, rest: str) -> Purchase | Complaint | None:
    if not rest:
        return Complaint("staff_usage_purchase", {"methods": reading.method_names(shop)})
    who, others = reading.take_member(rest)
    others, flags, points, back_day = _take_flags(others)
    methods, stores, things = _sort(shop, others)
    # 消费 also begins ordinary sentences (“消费明细”): a command has a number, or names something sold.
    if not re.search(r"\d", rest) and not any(items.is_item(shop, word) for word in things):
        return None
    if not things:
        return reading.bad_member(who) or Complaint("purchase_need_items")
    if len(set(methods)) > 1 or len(set(stores)) > 1:
        return Complaint("purchase_two_methods", {"methods": reading.method_names(shop)})
    found = items.read(shop, things)
    wrong = reading.bad_member(who) or _wrong_items(found)
    if wrong is not None or isinstance(found, NotFound):
        return wrong or Complaint("purchase_need_items")
    method_id, store_id = methods[0] if methods else None, stores[0] if stores else None
    return Purchase(who, tuple(found), method_id, store_id, flags, points, back_day)


def _wrong_items(found: list[ItemSaid] | NotFound) -> Complaint | None:
    if isinstance(found, NotFound):
        if reading.looks_like_amount(found.word):
            return Complaint("purchase_free_amount", {"word": found.word})
        return items.not_found(found)
    for said in found:
        if not 1 <= said.quantity <= items.MAX_QUANTITY:
            return Complaint("purchase_bad_quantity", {"word": said.word[:20], "most": items.MAX_QUANTITY})
    return None


def _take_flags(text: str) -> tuple[str, dict[str, bool], int | None, str]:
    """The text without its flags, the flags, the points named, the day it is entered late for."""
    flags: dict[str, bool] = {}
    back = _BACK.search(text)
    if back is not None:
        text = text[: back.start()] + " " + text[back.end() :]
    points = _POINTS.search(text)
    if points is not None and text[max(0, points.start() - 1) : points.start()] != "不":
        flags["use_points"] = True
        text = text[: points.start()] + " " + text[points.end() :]
    for pattern, name, value in _FLAGS:
        text, count = re.subn(pattern, " ", text)
        if count:
            flags[name] = value
    named = None
    if points is not None and flags.get("use_points"):
        named = int(points["points"] or points["after"])
    return text, flags, named, back["day"] if back is not None else ""


def _sort(shop: Shop, text: str) -> tuple[list[str], list[str], list[str]]:
    methods, stores, things = [], [], []
    for word in re.split(r"[\s,、+;]+", text):
        method, store = shop.payment_method_by_word(word), reading.store_by_word(shop, word)
        if method is not None:
            methods.append(method.id)
        elif store is not None:
            stores.append(store.id)
        elif word:
            tail = reading.glued_method(shop, word)
            if tail is not None and not items.is_item(shop, word):
                methods.append(tail[1].id)
                things.append(tail[0])
            else:
                things.append(word)
    return methods, stores, things


def _answer(turn: Turn, command: Purchase) -> Reply:
    unclear = next((said for said in command.items if len(said.ids) > 1), None)
    if unclear is not None:
        return _which_item(turn, unclear)
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    occurred_on = _day(turn, command.back_day)
    if isinstance(occurred_on, Complaint):
        return turn.reply(occurred_on.code, **occurred_on.values)
    request = PurchaseRequest(
        member_id=member.id,
        phone=whom.shown_phone(turn, member, command.who),
        items=tuple((said.ids[0], said.quantity) for said in command.items),
        payment_method_id=command.payment_method_id,
        store_id=command.store_id,
        occurred_on=occurred_on,
        use_coupons=command.flags.get("use_coupons", True),
        use_points=command.flags.get("use_points"),
        use_stored=command.flags.get("use_stored", True),
        use_packs=command.flags.get("use_packs"),
    )
    quote = purchases.quote_purchase(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return _not_quoted(turn, quote, whom.steady(turn, command.who, member))
    if command.points is not None and command.points != quote.quote.points_spent:
        return turn.reply("purchase_other_points", asked=command.points, possible=quote.quote.points_spent)
    return _ask(turn, quote, whom.steady(turn, command.who, member))


def _day(turn: Turn, said: str) -> date | Complaint | None:
    if not said:
        return None
    day = reading.day(said, today=turn.now.astimezone(turn.house.shop.zone).date())
    return day or Complaint("staff_bad_day", {"word": said[:12]})


def _which_item(turn: Turn, unclear: ItemSaid) -> Reply:
    said = reading.narrow(turn.text)
    count = f"×{unclear.quantity}" if unclear.quantity > 1 else ""
    options = []
    for item_id in unclear.ids:
        item = turn.house.shop.item(item_id)
        label = turn.say("which_item", item=item.name, price=format_fen(item.list_fen))
        options.append((label, said.replace(unclear.word, f" {item.name}{count} ", 1)))
    return choosing.ask(turn, turn.say("which_item_head", word=unclear.word), options)


def _not_quoted(turn: Turn, denied: Denied, said: str) -> Reply:
    """When only the way of paying is missing, each way is one tap."""
    if denied.code != "purchase_need_method":
        return turn.reply(denied.code, **denied.detail)
    options = [(method.name, f"{said} {method.name}") for method in turn.house.shop.payment_methods]
    return choosing.ask(turn, turn.say(denied.code, **denied.detail), options)


def _ask(turn: Turn, quote: PurchaseQuote, command: str) -> Reply:
    echo = _echo(turn, quote)
    asked = confirm.ask(turn, kind=KIND, data=plain.pack(quote.bound), echo=echo, command=command)
    return Reply(asked.text, asked.choices + _others(quote, command))


def _others(quote: PurchaseQuote, command: str) -> tuple[Choice, ...]:
    """Every other way to pay is the same command with one word more."""
    bare = re.sub(r"\s*不?用积分(?:\s*\d+)?", "", command)
    made = []
    for other in quote.quote.alternatives:
        word = _WORD_OF_CHANGE.get(other.change)
        if word is not None:
            said = bare if "积分" in word else command
            made.append(Choice(f"{word} {format_fen(other.money_fen)}", f"{said} {word}"))
    return tuple(made)


def _echo(turn: Turn, quote: PurchaseQuote) -> str:
    price, shop = quote.quote, turn.house.shop
    lines = [
        turn.say(
            "purchase_line",
            item=f"{line.name} ×{line.quantity}" if line.quantity > 1 else line.name,
            price=format_fen(line.list_fen),
        )
        for line in price.lines
    ]
    steps = [turn.say(step.text, **step.values) for step in price.steps]
    others = [turn.say(other.text, **other.values) for other in price.alternatives]
    unused = [turn.say(each.why, **each.values) for each in price.unused[:MOST_UNUSED_SHOWN]]
    method_id = quote.request.payment_method_id if price.outside_fen else None
    return turn.say(
        "purchase_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        lines="\n".join(lines),
        steps="".join(f"\n{step}" for step in steps),
        amount=format_fen(price.money_fen),
        earned=f"\n{turn.say('points_earned', points=price.points_earned)}" if price.points_earned else "",
        others=f"\n{turn.say('purchase_others', others=' · '.join(others))}" if others else "",
        unused="".join(f"\n{each}" for each in unused),
        store=entries.store_name(turn.house, quote.store_id),
        method=f" · {shop.payment_method(method_id).name}" if method_id else "",
        back=_back_line(turn, quote),
        after=format_fen(quote.stored_after_fen),
        points=quote.points_after,
        minutes=shop.quote_lifetime_minutes,
    )


def _back_line(turn: Turn, quote: PurchaseQuote) -> str:
    day = quote.request.occurred_on
    return f"\n{turn.say('purchase_back', day=words.day_text(day))}" if day is not None else ""


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """Book the price that the staff member has just said yes to."""
    bound = plain.unpack(Bound, pending.data)
    result = purchases.record_purchase(
        turn.house, staff_openid=turn.person.openid, bound=bound, key=pending.key
    )
    if isinstance(result, Denied) and result.code == "purchase_need_method":
        turn.memory.pending = None  # the price rose above the balance since it was shown
        return _not_quoted(turn, result, pending.command)
    if isinstance(result, Denied | Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask)
    return _done(turn, bound, result)


def _done(turn: Turn, bound: Bound, result: PurchaseReceipt) -> Reply:
    return booking_ends.booked(
        turn,
        "purchase_done",
        result,
        phone=whom.masked(bound.request.phone),
        amount=format_fen(result.paid_fen),
        earned=turn.say("purchase_done_earned", points=result.points_earned) if result.points_earned else "",
        after=format_fen(result.balances.stored_fen),
        points=result.balances.points,
    )


COMMANDS: tuple[StaffCommand[Purchase], ...] = (
    StaffCommand(("消费", "买单", "扣款"), "help_purchase", parse, _answer, usage="staff_usage_purchase"),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed}
