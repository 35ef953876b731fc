"""“我要退款”: what would be paid back, and a yes that brings the wish to the store (features A10, B7)."""

from __future__ import annotations

from actions.counter import refund_wishes
from actions.house import Denied
from actions.membership import tickets
from bot.conversation.answers import Answer
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from shop.money import format_fen

MORE_THAN_WORDS = 200


def begin(turn: Turn, _understood: Understanding) -> Reply:
    """Say what would be paid out today and why, before the store is asked."""
    found = refund_wishes.estimate(turn.house, openid=turn.person.openid)
    if isinstance(found, Denied):
        if found.code == "not_member":
            return Reply(turn.say("not_member"), (Choice("加入会员", "加入会员"),))
        return turn.reply(found.code, **found.detail)
    gift = format_fen(found.gift_back_fen)
    echo = turn.say(
        "refund_wish_echo",
        amount=format_fen(found.payout_fen),
        left=format_fen(found.paid_left_fen),
        why=turn.say(f"refund_wish_why_{found.rule}"),
        gift=turn.say("refund_wish_gift", gift=gift) if found.gift_back_fen else "",
    )
    data: dict[str, object] = {"amount": format_fen(found.payout_fen), "said": turn.text[:MORE_THAN_WORDS]}
    return confirm.ask(turn, kind="refund_wish", data=data, echo=echo, command="我要退款")


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """The store is told through a ticket; the member hears who answers and when."""
    said = turn.say("refund_wish_ticket", said=pending.data["said"], amount=pending.data["amount"])
    asked = tickets.ask(
        turn.house,
        openid=turn.person.openid,
        kind="human",
        said=said,
        before=turn.before(),
        key=f"ticket:{pending.key}",
    )
    turn.memory.pending = None
    turn.memory.with_person = True
    return turn.reply("refund_wish_passed", store=asked.store.name, phone=asked.store.phone)


ANSWERS: dict[str, Answer] = {"refund": begin}
CONFIRMED: dict[str, Confirmed] = {"refund_wish": _confirmed}
