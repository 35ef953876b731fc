"""What is said for each intent. Reading answers come from the actions; nothing here moves value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from actions.house import Denied
from actions.membership import cards, joining
from actions.membership.cards import Card
from bot.conversation import catalogue_answers, coupon_list, guess, offers, tact
from bot.conversation.turn import Turn
from bot.flows import join
from bot.messages import Choice, Link, Reply
from bot.staff import registry
from ledger.records.members import Member
from nlu.understanding import Period, Understanding
from shop import giving, levels, texts, words
from shop.money import format_fen
from shop.periods import last_day

Answer = Callable[[Turn, Understanding], Reply]

EVERYDAY = (
    Choice("查余额", "我的余额"),
    Choice("我的积分", "我的积分"),
    Choice("充值优惠", "充值优惠"),
    Choice("服务价目", "服务价目"),
    Choice("门店信息", "门店信息"),
)
# What a member asks for → the kind of transfer in the book.
STATEMENT_KINDS = {"topup": "top_up", "spend": "purchase"}
JOIN_CHOICE = (Choice("加入会员", "加入会员"),)


def answer(turn: Turn, understood: Understanding, known: Mapping[str, Answer]) -> Reply:
    """The reply to an understood wish, by the intent's entry in `known`."""
    if understood.intent == "fallback":
        return _fallback(turn, understood)
    turn.memory.misses = 0
    return known[understood.intent](turn, understood)


def _fallback(turn: Turn, understood: Understanding) -> Reply:
    """Not understood: ask back what it may have been; the second time show choices and a person."""
    if turn.person.staff is not None and turn.person.member is None:
        return registry.help_reply(turn)
    if tact.is_insult(understood):
        return tact.calm(turn)
    turn.memory.misses += 1
    maybe = guess.choice(turn, understood)
    if turn.memory.misses >= 2:
        first = (maybe,) if maybe is not None else ()
        return Reply(turn.say("fallback_again"), (*first, *EVERYDAY, Choice("人工", "人工")))
    return guess.question(turn, understood) or Reply(turn.say("fallback"), EVERYDAY)


def _name(turn: Turn) -> str:
    return salutation(turn, turn.person.member) if turn.person.member else ""


def salutation(turn: Turn, member: Member) -> str:
    """How a sentence begins: the member's name, or 您好 for who has not told it."""
    return turn.say("unnamed") if member.name == joining.UNNAMED else member.name


def _greet(turn: Turn, _understood: Understanding) -> Reply:
    shop = turn.house.shop
    member = turn.person.member
    greeting = (
        turn.say("greet_member", name=member.name)
        if member is not None and member.name != joining.UNNAMED
        else turn.say("greet_stranger")
    )
    text = turn.say("greet", greeting=greeting, shop=shop.name, assistant=shop.texts.assistant)
    return Reply(text, EVERYDAY if member else JOIN_CHOICE + EVERYDAY[2:])


def _help(turn: Turn, _understood: Understanding) -> Reply:
    if turn.person.staff is not None:
        return registry.help_reply(turn)
    return Reply(turn.say("help"), EVERYDAY)


def _plain(name: str) -> Answer:
    def say(turn: Turn, _understood: Understanding) -> Reply:
        return turn.reply(name, shop=turn.house.shop.name)

    return say


def _on_card(show: Callable[[Turn, Card], Reply]) -> Answer:
    """An answer that needs the writer's own card; who has none is offered one."""

    def answer_from_card(turn: Turn, _understood: Understanding) -> Reply:
        card = cards.read_card(turn.house, openid=turn.person.openid)
        if isinstance(card, Denied):
            return _no_card(turn)
        return _only_own(turn, show(turn, card))

    return answer_from_card


def _only_own(turn: Turn, reply: Reply) -> Reply:
    """Whose card was asked for is never looked up: the writer hears his own, and why."""
    return reply.after(turn.say("only_own_card")) if tact.about_somebody_else(turn) else reply


def _no_card(turn: Turn) -> Reply:
    if turn.person.staff is not None:
        return turn.reply("staff_no_card")
    return Reply(turn.say("not_member"), JOIN_CHOICE)


def _day(turn: Turn, moment: datetime) -> str:
    return words.day_text(moment.astimezone(turn.house.shop.zone).date())


def _last_day(turn: Turn, expires_at: datetime) -> str:
    """The last day on which it can be used: what expires at midnight is gone on the day that begins then."""
    zone = turn.house.shop.zone
    return words.day_text(last_day(expires_at, zone), turn.now.astimezone(zone).date())


def _balance(turn: Turn, card: Card) -> Reply:
    balances = card.balances
    more = turn.say("level_line", level=card.level.name) + _multiplied(turn, card)
    for lot in card.expiring:
        if lot.kind == "gift" and lot.expires_at is not None:
            more += turn.say(
                "gift_expiring", amount=format_fen(lot.amount), day=_last_day(turn, lot.expires_at)
            )
    if card.promised:
        amount, first = sum(part.gift_fen for part in card.promised), card.promised[0].due_at
        more += turn.say("gift_promised", amount=format_fen(amount), day=_day(turn, first))
    more += _left(turn, card)
    name = "balance" if balances.stored_fen else "balance_empty"
    text = turn.say(
        name,
        name=salutation(turn, card.member),
        total=format_fen(balances.stored_fen),
        paid_in=format_fen(balances.paid_in_fen),
        gift=format_fen(balances.gift_fen),
        points=balances.points,
        more=more,
    )
    return Reply(text, (Choice("看明细", "我的明细"), Choice("充值优惠", "充值优惠")))


def _points(turn: Turn, card: Card) -> Reply:
    points = card.balances.points
    more = _multiplied(turn, card)
    soon = [lot for lot in card.expiring if lot.kind == "points"]
    for lot in soon:
        if lot.expires_at is not None:
            more += turn.say("points_expiring", points=lot.amount, day=_last_day(turn, lot.expires_at))
    if points and not soon:
        more += _first_to_go(turn)
    rewards = sorted(turn.house.shop.rewards, key=lambda reward: reward.points)
    within = [reward.name for reward in rewards if reward.points <= points]
    beyond = [reward for reward in rewards if reward.points > points]
    if within:
        more += turn.say("points_use", rewards="、".join(within[-3:]))
    if beyond:
        missing = beyond[0].points - points
        more += turn.say("points_short", missing=missing, reward=beyond[0].name)
    text = turn.say("points", name=salutation(turn, card.member), points=points, more=more)
    return Reply(text, (Choice("积分换什么", "积分换什么"),))


def _first_to_go(turn: Turn) -> str:
    """When points begin to expire, where that is far off."""
    lot = cards.first_points_to_expire(turn.house, openid=turn.incoming.openid)
    if lot is None or lot.expires_at is None:
        return turn.say("points_for_ever")
    return turn.say("points_first", points=lot.amount, day=_last_day(turn, lot.expires_at))


def _level(turn: Turn, card: Card) -> Reply:
    benefits = "\n".join(f"· {line}" for line in card.level.benefits)
    text = turn.say("level", name=salutation(turn, card.member), level=card.level.name)
    if card.level_until is not None:
        text += turn.say("level_until", day=words.full_date(last_day(card.level_until, turn.house.shop.zone)))
    if benefits:
        text += "\n" + benefits
    if card.next_level is None:
        return Reply(text + turn.say("level_top"))
    missing = levels.missing_text(card.next_level.missing)
    return Reply(text + turn.say("level_next", level=card.next_level.level.name, missing=missing))


def _benefits(turn: Turn, card: Card) -> Reply:
    lines = _left(turn, card) + _multiplied(turn, card)
    if not lines:
        return turn.reply("benefits_none", name=salutation(turn, card.member))
    return turn.reply("benefits", name=salutation(turn, card.member), lines=lines)


def _multiplied(turn: Turn, card: Card) -> str:
    """What makes his points count more just now, a line each."""
    return "".join(giving.held_text(turn.house.shop, each) for each in card.multipliers)


def _left(turn: Turn, card: Card) -> str:
    """What is left of each pack, a line each; a pack that the shop no longer sells goes by its code."""
    shop = turn.house.shop
    names = {pack.id: pack.name for pack in shop.packs}
    return "".join(
        turn.say(
            "entitlement_line",
            name=names.get(left.code, left.code),
            amount=left.amount,
            unit=texts.say(shop, f"unit_{left.unit}"),
        )
        for left in card.balances.entitlements
    )


def _coupons(turn: Turn, card: Card) -> Reply:
    return coupon_list.reply(turn, salutation(turn, card.member))


def _statement(turn: Turn, understood: Understanding) -> Reply:
    period = understood.entities.period
    zone = turn.house.shop.zone
    start = datetime.combine(period.start, time.min, zone) if period else None
    end = datetime.combine(period.end, time.min, zone) + timedelta(days=1) if period else None
    kind = STATEMENT_KINDS.get(understood.entities.kind or "")
    statement = cards.read_statement(turn.house, openid=turn.person.openid, start=start, end=end, kind=kind)
    if isinstance(statement, Denied):
        return _no_card(turn)
    said = _period_text(period) if period else ""
    if not statement.lines:
        none = f"statement_none_{kind}" if kind else "statement_none"
        return _only_own(turn, turn.reply(none, name=_name(turn), period=said))
    said = said or turn.say("statement_lately")
    text = turn.say("statement_head", name=_name(turn), period=said, count=len(statement.lines))
    for line in statement.lines:
        text += turn.say(
            "statement_line",
            day=_day(turn, line.occurred_at),
            what=turn.say(f"kind_{line.kind}"),
            change=offers.change_text(line.paid_in_fen + line.gift_fen, line.points),
            left=format_fen(line.after.stored_fen),
        )
    shown = Reply(text + (turn.say("statement_more") if statement.more else ""))
    return _with_page(turn, _only_own(turn, shown))


def _with_page(turn: Turn, reply: Reply) -> Reply:
    """The whole statement stands on the member's own page, where it can be printed."""
    url = turn.page_link()
    return replace(reply, links=(Link(turn.say("statement_page"), url),)) if url else reply


def _period_text(period: Period) -> str:
    """10月1日 or 10月1日–10月31日."""
    start, end = words.short_date(period.start), words.short_date(period.end)
    return start if start == end else f"{start}–{end}"


def _join(turn: Turn, understood: Understanding) -> Reply:
    return join.begin(turn, understood)


def _mute(muted: bool) -> Answer:
    def set_muted(turn: Turn, _understood: Understanding) -> Reply:
        result = joining.set_muted(turn.house, openid=turn.person.openid, muted=muted)
        if isinstance(result, Denied):
            return _no_card(turn)
        return turn.reply("muted" if muted else "unmuted")

    return set_muted


ANSWERS: dict[str, Answer] = {
    "greet": _greet,
    "thanks": _plain("thanks"),
    "goodbye": _plain("goodbye"),
    "help": _help,
    "affirm": _plain("nothing_pending"),
    "deny": _plain("nothing_to_cancel"),
    "query_balance": _on_card(_balance),
    "query_points": _on_card(_points),
    "query_level": _on_card(_level),
    "query_benefits": _on_card(_benefits),
    "query_coupons": _on_card(_coupons),
    "query_statement": _statement,
    "query_topup_offers": offers.offers,
    "topup": offers.top_up,
    "query_rewards": catalogue_answers.rewards,
    "query_services": catalogue_answers.services,
    "store_info": catalogue_answers.store_info,
    "join": _join,
    "mute_reminders": _mute(True),
    "unmute_reminders": _mute(False),
}
