"""付款码 and 会员码: what a member shows at the counter (feature A9)."""

from __future__ import annotations

from actions.house import Denied
from actions.loyalty import codes
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding


def pay_code(turn: Turn, _understood: Understanding) -> Reply:
    """A fresh pay code in digits; its QR picture comes after."""
    made = codes.issue(turn.house, openid=turn.person.openid, key=turn.incoming.key)
    if isinstance(made, Denied):
        return _denied(turn, made)
    return turn.reply("pay_code", code=codes.shown(made.code), seconds=codes.LIFETIME_SECONDS)


def member_code(turn: Turn, _understood: Understanding) -> Reply:
    """The member's number; its QR picture comes after."""
    made = codes.show_member_code(turn.house, openid=turn.person.openid, key=turn.incoming.key)
    if isinstance(made, Denied):
        return _denied(turn, made)
    return turn.reply("member_code", number=made.number)


def _denied(turn: Turn, denied: Denied) -> Reply:
    choices = (Choice("加入会员", "加入会员"),) if denied.code == "not_member" else ()
    return Reply(turn.say(denied.code, **denied.detail), choices)


ANSWERS = {"pay_code": pay_code, "member_code": member_code}
