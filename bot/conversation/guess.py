"""A near miss of the language model, asked back: “您是想充值吗？” A tap or a yes begins it, nothing else."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation import words
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.clauses import likely_intent
from nlu.engine import SURE_FALLBACK
from nlu.understanding import Understanding

# The intent that it may have been → what a yes says in its place; its name is the text wish_<intent>.
SAYS: dict[str, str] = {
    "query_balance": "我的余额",
    "query_points": "我的积分",
    "query_statement": "我的明细",
    "query_coupons": "我的优惠券",
    "query_benefits": "我的权益",
    "query_level": "我的等级",
    "query_topup_offers": "充值优惠",
    "topup": "我要充值",
    "query_rewards": "积分换什么",
    "redeem": "兑换",
    "referral": "推荐海报",
    "query_referrals": "我推荐了谁",
    "query_services": "服务价目",
    "query_slots": "我要预约",
    "book": "我要预约",
    "reschedule_booking": "改约",
    "cancel_booking": "取消预约",
    "query_bookings": "我的预约",
    "pay_code": "付款码",
    "join": "加入会员",
    "update_profile": "修改资料",
    "refund": "我要退款",
    "store_info": "门店信息",
    "human": "人工",
    "complain": "人工",
}


def _guessed(understood: Understanding) -> str | None:
    """What the model almost took it for; where it is at a loss, or away, what the words hint at."""
    if understood.guess is not None or understood.confidence >= SURE_FALLBACK:
        return understood.guess
    return likely_intent(understood.text)


def choice(turn: Turn, understood: Understanding) -> Choice | None:
    """The tap that begins what may have been meant; None when there is nothing to ask about."""
    guess = _guessed(understood)
    if guess not in SAYS:
        return None
    return Choice(turn.say(f"wish_{guess}"), SAYS[guess])


def question(turn: Turn, understood: Understanding) -> Reply | None:
    """“您是想充值吗？” with a tap for it."""
    offered = choice(turn, understood)
    if offered is None:
        return None
    turn.memory.guessed = offered.says
    return Reply(turn.say("guess", wish=offered.label), (offered,))


def hear(turn: Turn) -> Reply | None:
    """A yes to the question that was asked becomes the words of its tap; a no is told what else there is."""
    asked, turn.memory.guessed = turn.memory.guessed, ""
    if not asked or turn.memory.pending is not None or turn.memory.form is not None:
        return None
    if words.is_yes(turn.text):
        turn.incoming = replace(turn.incoming, text=asked)
    return turn.reply("guess_no") if words.is_no(turn.text) else None
