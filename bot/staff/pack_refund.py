"""退次卡: the unused part of a pack goes back onto the card (features B5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import entries, pack_refunds, plain
from actions.counter.pack_refunds import PackRefundQuote, PackRefundRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_ends, choosing, items, reading, refund, whom
from bot.staff.command import Complaint, StaffCommand
from ledger.book import RefundRule, transfer_number
from shop.model import Shop
from shop.money import format_fen


@dataclass(frozen=True)
class PackRefund:
    who: str
    pack_ids: tuple[str, ...]
    word: str
    rule: RefundRule = "consumer"
    store_id: str | None = None


def parse(shop: Shop, rest: str) -> PackRefund | Complaint | None:
    if not rest:
        return Complaint("staff_usage_pack_refund")
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    rule, store_id = refund.RULES["协商"], None
    named = []
    for word in re.split(r"[\s,、]+", others):
        store = reading.store_by_word(shop, word)
        if word in refund.RULES:
            rule = refund.RULES[word]
        elif store is not None:
            store_id = store.id
        elif word and word not in refund.ALL:
            named.append(word)
    found = items.candidates(shop.packs, "".join(named))
    if not found:
        return Complaint("staff_usage_pack_refund")
    return PackRefund(who, tuple(pack.id for pack in found), " ".join(named), rule, store_id)


def _answer(turn: Turn, command: PackRefund) -> Reply:
    if len(command.pack_ids) > 1:
        said = reading.narrow(turn.text)
        names = [turn.house.shop.pack(each).name for each in command.pack_ids]
        options = [(name, said.replace(command.word, f" {name} ", 1)) for name in names]
        return choosing.ask(turn, turn.say("which_item_head", word=command.word), options)
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = PackRefundRequest(
        member.id,
        whom.shown_phone(turn, member, command.who),
        command.pack_ids[0],
        command.rule,
        command.store_id,
    )
    quote = pack_refunds.quote_pack_refund(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    return _ask(turn, quote, whom.steady(turn, command.who, member))


def _ask(turn: Turn, quote: PackRefundQuote, command: str) -> Reply:
    unit = entries.unit(quote.unit)
    lines = [
        turn.say(
            "pack_refund_line",
            number=transfer_number(line.transfer_id),
            paid=format_fen(line.paid_fen),
            left=f"{line.left}/{line.amount} {unit}",
            deducted=format_fen(line.deducted_fen),
            refund=format_fen(line.refund_fen),
        )
        for line in quote.lines
    ]
    echo = turn.say(
        "pack_refund_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        pack=entries.pack_name(turn.house, quote.request.pack_id),
        rule=turn.say(f"refund_rule_{quote.request.rule}"),
        lines="\n".join(lines),
        points=turn.say("pack_refund_points", points=quote.points_back) if quote.points_back else "",
        amount=format_fen(quote.refund_fen),
        after=format_fen(quote.stored_after_fen),
        store=entries.store_name(turn.house, quote.store_id),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )
    return confirm.ask(turn, kind=pack_refunds.KIND, data=plain.pack(quote), echo=echo, command=command)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(PackRefundQuote, pending.data)
    result = pack_refunds.record_pack_refund(
        turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key
    )
    if isinstance(result, Denied | Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask)
    return booking_ends.booked(
        turn,
        "pack_refund_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.request.phone),
        pack=entries.pack_name(turn.house, quote.request.pack_id),
        amount=format_fen(result.refund_fen),
        after=format_fen(result.balances.stored_fen),
    )


COMMANDS: tuple[StaffCommand[PackRefund], ...] = (
    StaffCommand(("退次卡", "退疗程"), "help_pack_refund", parse, _answer, usage="staff_usage_pack_refund"),
)
CONFIRMED: dict[str, Confirmed] = {pack_refunds.KIND: _confirmed}
