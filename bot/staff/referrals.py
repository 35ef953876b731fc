"""推荐待审, 推荐放行, 推荐驳回: rewards that a manager has to look at (feature D3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from actions.house import Denied
from actions.loyalty import referral_rewards
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff.command import Complaint, StaffCommand
from shop import words
from shop.model import Shop


@dataclass(frozen=True)
class ListHeld:
    pass


@dataclass(frozen=True)
class Decide:
    referral_id: int
    allow: bool


def _parse_list(_shop: Shop, rest: str) -> ListHeld | None:
    return None if rest else ListHeld()


def _parse_decision(*, allow: bool) -> Callable[[Shop, str], Decide | Complaint | None]:
    def parse(_shop: Shop, rest: str) -> Decide | Complaint | None:
        if not re.fullmatch(r"\d{1,12}", rest):
            return Complaint("staff_usage_referrals")
        return Decide(int(rest), allow)

    return parse


def _answer_list(turn: Turn, _wanted: ListHeld) -> Reply:
    held = referral_rewards.list_held(turn.house, staff_openid=turn.person.openid)
    if isinstance(held, Denied):
        return turn.reply(held.code, **held.detail)
    if not held:
        return turn.reply("referrals_held_none")
    text = turn.say("referrals_held_head", count=len(held))
    for one in held[:10]:
        text += turn.say(
            "referral_held_line",
            number=one.id,
            inviter=one.inviter_name,
            who=words.masked_phone(one.inviter_phone) if one.inviter_phone else "-",
            newcomer=one.newcomer_name,
            came=one.came_that_hour,
        )
    return Reply(text + turn.say("referrals_held_tail"))


def _answer_decision(turn: Turn, wanted: Decide) -> Reply:
    done = referral_rewards.decide(
        turn.house, staff_openid=turn.person.openid, referral_id=wanted.referral_id, allow=wanted.allow
    )
    if isinstance(done, Denied):
        return turn.reply(done.code, **done.detail)
    return turn.reply("referral_allowed" if wanted.allow else "referral_dismissed", number=done.id)


_ROLES = referral_rewards.MANAGERS
COMMANDS: tuple[StaffCommand[ListHeld] | StaffCommand[Decide], ...] = (
    StaffCommand(
        ("推荐待审",),
        "help_referrals",
        _parse_list,
        _answer_list,
        usage="staff_usage_referrals",
        roles=_ROLES,
    ),
    StaffCommand(
        ("推荐放行",),
        "",
        _parse_decision(allow=True),
        _answer_decision,
        usage="staff_usage_referrals",
        roles=_ROLES,
    ),
    StaffCommand(
        ("推荐驳回",),
        "",
        _parse_decision(allow=False),
        _answer_decision,
        usage="staff_usage_referrals",
        roles=_ROLES,
    ),
)
