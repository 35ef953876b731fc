"""推荐海报 and 我推荐了谁: bringing a friend, in words (features A7, D3)."""

from __future__ import annotations

from actions.house import Denied
from actions.loyalty import referral
from actions.loyalty.referral import Friend, Recommended
from actions.membership.joining import UNNAMED
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from shop import words
from shop.money import format_fen

LINES = 10


def poster(turn: Turn, _understood: Understanding) -> Reply:
    """The member's own poster follows as a picture; here is what a friend brings."""
    queued = referral.send_poster(turn.house, openid=turn.person.openid, key=turn.incoming.key)
    if isinstance(queued, Denied):
        return _denied(turn, queued)
    if queued.newcomer_gets and queued.inviter_gets:
        gifts = turn.say("poster_both", newcomer=queued.newcomer_gets, inviter=queued.inviter_gets)
    elif queued.newcomer_gets:
        gifts = turn.say("poster_newcomer", newcomer=queued.newcomer_gets)
    else:
        gifts = turn.say("poster_inviter", inviter=queued.inviter_gets)
    return Reply(turn.say("poster_coming", gifts=gifts), (Choice("我推荐了谁", "我推荐了谁"),))


def who_came(turn: Turn, _understood: Understanding) -> Reply:
    """Who came by the member's code (names masked), what is pending, what was earned."""
    found = referral.friends(turn.house, openid=turn.person.openid)
    if isinstance(found, Denied):
        return _denied(turn, found)
    if not found.count:
        return Reply(turn.say("friends_none"), (Choice("推荐海报", "推荐海报"),))
    text = turn.say("friends_head", count=found.count)
    for friend in found.friends[:LINES]:
        text += turn.say(
            "friend_line",
            name=friend.masked_name,
            day=words.short_date(friend.followed_at.astimezone(turn.house.shop.zone).date()),
            state=turn.say(_state(friend)),
        )
    if found.count > LINES:
        text += turn.say("friends_more")
    if found.earned:
        text += turn.say("friends_earned", what=found.earned)
    pending = found.by_state.get("pending", 0)
    if pending:
        text += turn.say("friends_pending", count=pending)
    return Reply(text, (Choice("推荐海报", "推荐海报"),))


def _state(friend: Friend) -> str:
    if friend.cause == "cap" and friend.state in {"waiting", "granted"}:
        return "friend_capped"
    return f"friend_{friend.state}"


def welcome_line(turn: Turn, came: Recommended) -> str:
    """What a newcomer who came by a friend's code is told: who brought him, and what he gets for what."""
    rules = turn.house.shop.referral
    unnamed = came.inviter_name == UNNAMED
    inviter = turn.say("friend_somebody") if unnamed else words.masked_name(came.inviter_name)
    if not came.newcomer_gets:
        return turn.say("welcome_recommended_plain", inviter=inviter)
    amount = format_fen(rules.minimum_fen)
    return turn.say(
        "welcome_recommended",
        inviter=inviter,
        occasion=turn.say(f"occasion_{rules.on}"),
        minimum=turn.say("occasion_minimum", amount=amount) if rules.minimum_fen else "",
        what=came.newcomer_gets,
    )


def _denied(turn: Turn, denied: Denied) -> Reply:
    choices = (Choice("加入会员", "加入会员"),) if denied.code == "not_member" else ()
    return Reply(turn.say(denied.code, **denied.detail), choices)


ANSWERS = {"referral": poster, "query_referrals": who_came}
