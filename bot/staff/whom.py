"""Who a command is about: one member, or a question which of several, or a sentence why nobody."""

from __future__ import annotations

import re

from actions.counter import desk
from actions.counter.desk import Several
from actions.house import Denied
from actions.rights import CHAIN_ROLES
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import choosing, reading
from ledger.records.members import Member
from shop import words

SEES_PHONES = CHAIN_ROLES | {"manager"}


def find(turn: Turn, who: str) -> Member | Reply:
    """The member meant by `who`; else the reply to send instead.

    Several by that name: a numbered choice, each of which is the same command with the member's number.
    """
    found = desk.find_members(turn.house, staff_openid=turn.person.openid, word=who)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    if isinstance(found, Several):
        return _which(turn, who, found)
    return found.member


def _which(turn: Turn, who: str, found: Several) -> Reply:
    said = reading.narrow(turn.text)
    options = [
        (
            turn.say("which_member", name=member.name, tail=tail(member), number=member.id),
            said.replace(who, f" 会员{member.id} ", 1),
        )
        for member in found.members
    ]
    more = turn.say("which_member_more") if found.more else ""
    return choosing.ask(turn, turn.say("which_member_head", word=who, count=len(options), more=more), options)


def steady(turn: Turn, who: str, member: Member) -> str:
    """The command as it can be sent again: a pay code is good once, so the member's number stands for it."""
    said = reading.narrow(turn.text)
    if not reading.is_code(who):
        return said
    written = re.compile(r"\s?".join(who))
    return " ".join(written.sub(f" 会员{member.id} ", said, count=1).split())


def tail(member: Member) -> str:
    """尾号 8000: enough to tell two people of one name apart, and no more."""
    return f"尾号 {member.phone[-4:]}" if member.phone else "没有手机号"


def shown_phone(turn: Turn, member: Member, who: str) -> str:
    """The phone as this person may read it: what he typed himself in full, else masked for a cashier."""
    if not member.phone:
        return f"会员号 {member.id}"
    staff = turn.person.staff
    if who == member.phone or (staff is not None and staff.role in SEES_PHONES):
        return member.phone
    return words.masked_phone(member.phone)


def masked(shown: str) -> str:
    """The same once the entry is booked: a phone masked, whatever else as it is."""
    return words.masked_phone(shown) if reading.is_phone(shown) else shown
