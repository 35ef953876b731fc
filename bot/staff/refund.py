"""退款: stored value paid back by the law's rule, each top-up on a line of its own (features B7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import entries, plain, refunds
from actions.counter.refunds import RefundQuote, RefundRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_ends, choosing, reading, whom
from bot.staff.command import Complaint, StaffCommand
from ledger.book import RefundLine, RefundRule, transfer_number
from ledger.records.members import Member
from shop.model import Shop
from shop.money import format_fen

KIND = "refund"
MOST_LINES = 8
RULES: dict[str, RefundRule] = {
    "七天": "seven_days",
    "7天": "seven_days",
    "七日": "seven_days",
    "7日": "seven_days",
    "七天无理由": "seven_days",
    "7天无理由": "seven_days",
    "无理由": "seven_days",
    "协商": "consumer",
    "会员": "consumer",
    "顾客": "consumer",
    "门店": "operator",
    "店方": "operator",
    "商家": "operator",
}
ALL = frozenset({"全部", "全额", "所有", "全退"})


@dataclass(frozen=True)
class Refund:
    who: str
    rule: RefundRule = "consumer"
    amount_fen: int | None = None
    payment_method_id: str | None = None
    store_id: str | None = None


def parse(shop: Shop, rest: str) -> Refund | Complaint | None:
    if not rest:
        return Complaint("staff_usage_refund", {"methods": reading.method_names(shop)})
    if not re.search(r"\d", rest) and not any(word in RULES or word in ALL for word in rest.split()):
        return None
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    found = Refund(who)
    for word in reading.words(shop, others):
        grown = _with_word(shop, found, re.sub(r"^(?:原因|理由)[::]?", "", word))
        if isinstance(grown, Complaint):
            return grown
        found = grown
    return found


def _with_word(shop: Shop, found: Refund, word: str) -> Refund | Complaint:
    method, store = shop.payment_method_by_word(word), reading.store_by_word(shop, word)
    if not word or word in ALL:
        return found
    if word in RULES:
        return Refund(found.who, RULES[word], found.amount_fen, found.payment_method_id, found.store_id)
    if method is not None:
        return Refund(found.who, found.rule, found.amount_fen, method.id, found.store_id)
    if store is not None:
        return Refund(found.who, found.rule, found.amount_fen, found.payment_method_id, store.id)
    if not reading.looks_like_amount(word):
        return Complaint("refund_bad_word", {"word": word[:20]})
    amount_fen = reading.amount_fen(word)
    if not amount_fen or found.amount_fen is not None:
        return Complaint("staff_bad_amount", {"word": word[:20]})
    return Refund(found.who, found.rule, amount_fen, found.payment_method_id, found.store_id)


def _answer(turn: Turn, command: Refund) -> Reply:
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = RefundRequest(
        member.id,
        whom.shown_phone(turn, member, command.who),
        command.rule,
        command.amount_fen,
        command.payment_method_id,
        command.store_id,
    )
    quote = refunds.quote_refund(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return _not_quoted(turn, quote, member, whom.steady(turn, command.who, member))
    return _ask(turn, quote, whom.steady(turn, command.who, member))


def _not_quoted(turn: Turn, denied: Denied, member: Member, said: str) -> Reply:
    if denied.code != "refund_need_method":
        return turn.reply(denied.code, **denied.detail)
    options = [(method.name, f"{said} {method.name}") for method in turn.house.shop.payment_methods]
    return choosing.ask(turn, turn.say("refund_need_method", name=member.name, **denied.detail), options)


def _ask(turn: Turn, quote: RefundQuote, command: str) -> Reply:
    return confirm.ask(turn, kind=KIND, data=plain.pack(quote), echo=_echo(turn, quote), command=command)


def _echo(turn: Turn, quote: RefundQuote) -> str:
    lines = [_line(turn, line, quote.request.rule) for line in quote.quote.lines[:MOST_LINES]]
    if len(quote.quote.lines) > MOST_LINES:
        lines.append(turn.say("refund_more_lines", count=len(quote.quote.lines) - MOST_LINES))
    taken = refunds.taken_back(turn.house, quote)
    return turn.say(
        "refund_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        rule=turn.say(f"refund_rule_{quote.request.rule}"),
        why=turn.say(f"refund_why_{quote.request.rule}"),
        lines="\n".join(lines),
        taken=f"\n{taken}" if taken else "",
        interest=f"\n{turn.say('refund_interest', amount=format_fen(quote.quote.interest_fen))}"
        if quote.quote.interest_fen
        else "",
        amount=format_fen(quote.payout_fen),
        method=entries.method_name(turn.house, quote.payment_method_id),
        store=entries.store_name(turn.house, quote.store_id),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )


def _line(turn: Turn, line: RefundLine, rule: RefundRule) -> str:
    """One top-up: what was paid in, what was used and how it counts, what is paid back and what goes."""
    used = ""
    if line.deducted_fen:
        used = turn.say(f"refund_used_{rule}", amount=format_fen(line.deducted_fen))
    gift = ""
    if line.gift_fen:
        gift = turn.say("refund_line_gift", gift=format_fen(line.gift_fen))
    return turn.say(
        "refund_line",
        number=transfer_number(line.transfer_id),
        paid=format_fen(line.paid_fen),
        gift=gift,
        used=used,
        refund=format_fen(line.refund_fen),
    )


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(RefundQuote, pending.data)
    result = refunds.record_refund(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied | Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask)
    return booking_ends.booked(
        turn,
        "refund_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.request.phone),
        amount=format_fen(result.payout_fen),
        method=entries.method_name(turn.house, quote.payment_method_id),
        after=format_fen(result.balances.stored_fen),
    )


COMMANDS: tuple[StaffCommand[Refund], ...] = (
    StaffCommand(("退款", "退卡", "退钱"), "help_refund", parse, _answer, usage="staff_usage_refund"),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed}
