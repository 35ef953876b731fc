"""售卡 and 划次: a pack sold, a pack drawn down (features B5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from actions.counter import entries, pack_sales, packs, plain
from actions.counter.pack_sales import SaleQuote, SaleRequest
from actions.counter.packs import SeveralPacks, UseQuote, UseRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_ends, choosing, items, reading, whom
from bot.staff.command import Complaint, StaffCommand
from shop.model import Pack, Shop
from shop.money import format_fen

_STORED = frozenset({"余额", "储值", "卡里", "卡内", "会员卡"})
_COUNT = re.compile(r"(?P<count>\d{1,3}|[一二两三四五六七八九十])(?:次|节|回)?")


@dataclass(frozen=True)
class Sale:
    who: str
    pack_ids: tuple[str, ...]
    word: str
    payment_method_id: str | None = None
    stored: bool = False
    store_id: str | None = None


@dataclass(frozen=True)
class Use:
    who: str
    item_ids: tuple[str, ...]
    word: str
    count: int = 1
    pack_id: str | None = None
    store_id: str | None = None


@dataclass
class _Words:
    """The words beside the member, by what they are."""

    methods: list[str] = field(default_factory=list)
    stores: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    stored: bool = False


def _sort(shop: Shop, text: str) -> _Words:
    said = _Words()
    for word in re.split(r"[\s,、+]+", text):
        method, store = shop.payment_method_by_word(word), reading.store_by_word(shop, word)
        counted, pack = _COUNT.fullmatch(word), _exact_pack(shop, word)
        if word in _STORED:
            said.stored = True
        elif method is not None:
            said.methods.append(method.id)
        elif store is not None:
            said.stores.append(store.id)
        elif counted is not None:
            said.counts.append(reading.count(counted["count"]) or 0)
        elif pack is not None:
            said.packs.append(pack.id)
        elif word:
            said.things.append(word)
    return said


def _last(found: list[str]) -> str | None:
    return found[-1] if found else None


def parse_sale(shop: Shop, rest: str) -> Sale | Complaint | None:
    usage = {"methods": reading.method_names(shop), "packs": names(shop)}
    if not rest:
        return Complaint("staff_usage_pack_sale", usage)
    if not shop.packs:
        return Complaint("pack_none_sold")
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    said = _sort(shop, others)
    word = " ".join(said.things)
    found = tuple(said.packs) or tuple(pack.id for pack in items.candidates(shop.packs, word))
    if not found:
        return (
            Complaint("pack_unknown", {"word": word[:20], **usage})
            if word
            else Complaint("pack_need_name", usage)
        )
    return Sale(who, found, word, _last(said.methods), said.stored, _last(said.stores))


def names(shop: Shop) -> str:
    """What is sold, for the line that says how to write it."""
    return "、".join(f"{pack.name} {format_fen(pack.price_fen)}" for pack in shop.packs) or "无"


def parse_use(shop: Shop, rest: str) -> Use | Complaint | None:
    if not rest:
        return Complaint("staff_usage_pack_use")
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    said = _sort(shop, others)
    if not said.things:
        return Complaint("purchase_need_items")
    found = items.read(shop, said.things)
    if isinstance(found, items.NotFound):
        return items.not_found(found)
    if len(found) > 1:
        return Complaint("pack_one_at_a_time")
    times = said.counts[-1] if said.counts else found[0].quantity
    if not 1 <= times <= packs.MAX_AT_ONCE:
        return Complaint("purchase_bad_quantity", {"word": str(times), "most": packs.MAX_AT_ONCE})
    return Use(who, found[0].ids, found[0].word, times, _last(said.packs), _last(said.stores))


def _exact_pack(shop: Shop, word: str) -> Pack | None:
    found = items.candidates(shop.packs, word)
    return found[0] if len(found) == 1 and word in (found[0].id, found[0].name, *found[0].aliases) else None


def _answer_sale(turn: Turn, command: Sale) -> Reply:
    if len(command.pack_ids) > 1:
        return _which(turn, command.word, [turn.house.shop.pack(each).name for each in command.pack_ids])
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = SaleRequest(
        member.id,
        whom.shown_phone(turn, member, command.who),
        command.pack_ids[0],
        command.payment_method_id,
        stored_first=command.stored,
        store_id=command.store_id,
    )
    quote = pack_sales.quote_sale(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        if quote.code != "pack_short":
            return turn.reply(quote.code, **quote.detail)
        said = whom.steady(turn, command.who, member)
        methods = turn.house.shop.payment_methods
        options = [(method.name, f"{said} 余额 {method.name}") for method in methods]
        return choosing.ask(turn, turn.say("pack_short", name=member.name, **quote.detail), options)
    return _ask_sale(turn, quote, whom.steady(turn, command.who, member))


def _which(turn: Turn, word: str, names: list[str]) -> Reply:
    said = reading.narrow(turn.text)
    options = [(name, said.replace(word, f" {name} ", 1)) for name in names]
    return choosing.ask(turn, turn.say("which_item_head", word=word), options)


def _ask_sale(turn: Turn, quote: SaleQuote, command: str) -> Reply:
    pack = turn.house.shop.pack(quote.request.pack_id)
    paid = []
    if quote.stored_fen:
        paid.append(turn.say("paid_stored", amount=format_fen(quote.stored_fen)))
    if quote.outside_fen and quote.request.payment_method_id:
        method = entries.method_name(turn.house, quote.request.payment_method_id)
        paid.append(f"{method} {format_fen(quote.outside_fen)}")
    echo = turn.say(
        "pack_sale_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        pack=pack.name,
        amount=format_fen(quote.price_fen),
        got=f"{pack.amount} {entries.unit(pack.unit)}",
        until=pack_sales.until_text(turn.house, quote.expires_at),
        paid=" + ".join(paid),
        earned=_earned(turn, quote),
        store=entries.store_name(turn.house, quote.store_id),
        after=format_fen(quote.stored_after_fen),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )
    return confirm.ask(turn, kind=pack_sales.KIND, data=plain.pack(quote), echo=echo, command=command)


def _earned(turn: Turn, quote: SaleQuote) -> str:
    """Points, and how many of them the member's own multiplier made; each on a line."""
    more = f"\n{turn.say('points_by_multiplier', **quote.multiplied)}" if quote.multiplied else ""
    return more + (f"\n{turn.say('points_earned', points=quote.points)}" if quote.points else "")


def _sale_confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(SaleQuote, pending.data)
    result = pack_sales.record_sale(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied | Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask_sale)
    left = next((e for e in result.balances.entitlements if e.code == quote.request.pack_id), None)
    return booking_ends.booked(
        turn,
        "pack_sale_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.request.phone),
        pack=entries.pack_name(turn.house, quote.request.pack_id),
        amount=format_fen(quote.price_fen),
        left=f"{left.amount} {entries.unit(left.unit)}" if left else "",
    )


def _answer_use(turn: Turn, command: Use) -> Reply:
    shop = turn.house.shop
    if len(command.item_ids) > 1:
        return _which(turn, command.word, [shop.item(each).name for each in command.item_ids])
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = UseRequest(
        member.id,
        whom.shown_phone(turn, member, command.who),
        command.item_ids[0],
        command.count,
        command.pack_id,
        command.store_id,
    )
    quote = packs.quote_use(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    if isinstance(quote, SeveralPacks):
        said = whom.steady(turn, command.who, member)
        options = [
            (turn.say("which_pack", pack=name, left=f"{left} {entries.unit(unit)}"), f"{said} {name}")
            for _, name, left, unit in quote.packs
        ]
        return choosing.ask(turn, turn.say("which_pack_head", item=shop.item(request.item_id).name), options)
    return _ask_use(turn, quote, whom.steady(turn, command.who, member))


def _ask_use(turn: Turn, quote: UseQuote, command: str) -> Reply:
    item = turn.house.shop.item(quote.request.item_id)
    unit = entries.unit(quote.unit)
    echo = turn.say(
        "pack_use_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        item=f"{item.name} ×{quote.request.count}" if quote.request.count > 1 else item.name,
        pack=entries.pack_name(turn.house, quote.pack_id),
        used=f"{quote.amount} {unit}",
        remaining=f"{quote.left_after} {unit}",
        store=entries.store_name(turn.house, quote.store_id),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )
    return confirm.ask(turn, kind=packs.KIND, data=plain.pack(quote), echo=echo, command=command)


def _use_confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(UseQuote, pending.data)
    result = packs.record_use(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask_use)
    return booking_ends.booked(
        turn,
        "pack_use_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.request.phone),
        pack=entries.pack_name(turn.house, quote.pack_id),
        used=f"{quote.amount} {entries.unit(quote.unit)}",
        remaining=f"{quote.left_after} {entries.unit(quote.unit)}",
    )


SALE: StaffCommand[Sale] = StaffCommand(
    ("售卡", "卖卡", "开次卡"), "help_pack_sale", parse_sale, _answer_sale, usage="staff_usage_pack_sale"
)
USE: StaffCommand[Use] = StaffCommand(
    ("划次", "划卡", "扣次"), "help_pack_use", parse_use, _answer_use, usage="staff_usage_pack_use"
)
COMMANDS: tuple[StaffCommand[Sale] | StaffCommand[Use], ...] = (SALE, USE)
CONFIRMED: dict[str, Confirmed] = {pack_sales.KIND: _sale_confirmed, packs.KIND: _use_confirmed}
