"""What members say to a reminder: 到, 改期, 取消, why am I getting this, not this kind (row E5)."""

from __future__ import annotations

from actions import reminders
from actions.house import Denied
from bot.conversation import words
from bot.conversation.answers import Answer
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Entities, Understanding
from shop.slots_text import moment_text

# One word in answer to a reminder of an appointment; elsewhere 取消 means what is being confirmed.
_WORDS = {"到": "coming", "会到": "coming", "改期": "reschedule_booking", "取消": "cancel_booking"}


def understood(turn: Turn) -> Understanding | None:
    """One of the words that a reminder of an appointment lately asked for; None: it is not about one."""
    intent = _WORDS.get(words.plain(turn.text))
    if intent is None or turn.memory.pending is not None or turn.memory.form is not None:
        return None
    if not reminders.was_asked(turn.house, openid=turn.person.openid):
        return None
    return Understanding(turn.text, intent, 1.0, Entities(), "keywords")


def _coming(turn: Turn, _understood: Understanding) -> Reply:
    starts_at = reminders.coming(turn.house, openid=turn.person.openid, key=f"coming:{turn.incoming.key}")
    if isinstance(starts_at, Denied):
        return Reply(turn.say(starts_at.code), (Choice("我的预约", "我的预约"),))
    shop = turn.house.shop
    return turn.reply("coming", time=moment_text(shop, starts_at, turn.now.astimezone(shop.zone).date()))


def _why(turn: Turn, _understood: Understanding) -> Reply:
    last = reminders.why_last(turn.house, openid=turn.person.openid)
    if isinstance(last, Denied):
        return turn.reply(last.code)
    text = turn.say("why_last", first=last.first_line, reason=last.reason)
    return Reply(text, (Choice("不要这类", "不要这类"), Choice("都不要", "退订")))


def _not_this_kind(turn: Turn, _understood: Understanding) -> Reply:
    denied = reminders.refuse_last(turn.house, openid=turn.person.openid)
    return turn.reply(denied.code if denied else "refused_kind")


def _no_offers(turn: Turn, _understood: Understanding) -> Reply:
    denied = reminders.refuse_marketing(turn.house, openid=turn.person.openid)
    return turn.reply(denied.code if denied else "refused_marketing")


ANSWERS: dict[str, Answer] = {
    "coming": _coming,
    "why_reminder": _why,
    "refuse_kind": _not_this_kind,
    "refuse_marketing": _no_offers,
}
