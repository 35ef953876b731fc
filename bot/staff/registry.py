"""All staff commands in one list: a line is read, the role asked, the spelling helped (features C1, C2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz.distance import OSA

from bot.conversation.turn import Turn
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import (
    approvals,
    booking_blocks,
    bookings,
    choosing,
    count_reason,
    coupons,
    day_close,
    debt,
    handover,
    look_up,
    merge,
    month_close,
    pack_refund,
    packs,
    purchase,
    reading,
    referrals,
    refund,
    register,
    reversal,
    tickets,
    top_up,
    vouchers,
    work_log,
)
from bot.staff.command import Complaint, StaffCommand
from nlu.name_forms import loose_sounds
from shop.model import Shop

AnyCommand = StaffCommand[Any]

COUNTER: tuple[AnyCommand, ...] = (
    *top_up.COMMANDS,
    *purchase.COMMANDS,
    *packs.COMMANDS,
    *pack_refund.COMMANDS,
    *look_up.COMMANDS,
    *register.COMMANDS,
    *refund.COMMANDS,
    *reversal.COMMANDS,
    *debt.COMMANDS,
    *work_log.COMMANDS,
    *approvals.COMMANDS,
    *day_close.COMMANDS,
    *handover.COMMANDS,
    *count_reason.COMMANDS,
    *month_close.COMMANDS,
    *referrals.COMMANDS,
    *vouchers.COMMANDS,
    *coupons.COMMANDS,
    *tickets.COMMANDS,
    *merge.COMMANDS,
    *bookings.COMMANDS,
    *booking_blocks.COMMANDS,
)


@dataclass(frozen=True)
class Help:
    """帮助, or 帮助 消费: the list, or how one command is written."""

    about: str = ""


def _parse_help(_shop: Shop, rest: str) -> Help | None:
    return Help(rest) if len(rest) <= 8 else None


def _answer_help(turn: Turn, wanted: Help) -> Reply:
    staff = turn.person.staff
    command = _headed(wanted.about) if wanted.about else None
    if staff is None or command is None or not command.usage:
        return help_reply(turn)
    if staff.role not in command.roles:
        return turn.reply("role_not_enough")
    return _usage(turn, command)


HELP: StaffCommand[Help] = StaffCommand(("帮助", "指令"), "help_help", _parse_help, _answer_help)
COMMANDS: tuple[AnyCommand, ...] = (*COUNTER, HELP)
CONFIRMED: dict[str, Confirmed] = {
    **choosing.CONFIRMED,
    **day_close.CONFIRMED,
    **handover.CONFIRMED,
    **month_close.CONFIRMED,
    **top_up.CONFIRMED,
    **purchase.CONFIRMED,
    **packs.CONFIRMED,
    **pack_refund.CONFIRMED,
    **refund.CONFIRMED,
    **reversal.CONFIRMED,
    **debt.CONFIRMED,
    **vouchers.CONFIRMED,
    **merge.CONFIRMED,
    **coupons.CONFIRMED,
    **bookings.CONFIRMED,
}
_BY_HEAD: Mapping[str, AnyCommand] = {head: command for command in COMMANDS for head in command.heads}
_HEADS = sorted(_BY_HEAD, key=len, reverse=True)


@dataclass(frozen=True)
class Read:
    """A line that begins like a command, and what its command made of the rest."""

    command: AnyCommand
    parsed: object


def read(shop: Shop, text: str) -> Read | None:
    """The command a line is, with what was meant or a Complaint about it; None: it is no command."""
    line = reading.narrow(text)
    if not line or len(line) > reading.MAX_COMMAND_LENGTH:
        return None
    for head in _HEADS:
        if line.startswith(head):
            command = _BY_HEAD[head]
            parsed = command.parse(shop, line[len(head) :].strip(" :,"))
            if parsed is not None:
                return Read(command, parsed)
    return None


def parse(shop: Shop, text: str) -> object | Complaint | None:
    """What a line means by the grammar alone: a command's value, a complaint about it, or None."""
    found = read(shop, text)
    return None if found is None else found.parsed


def answer_command(turn: Turn) -> Reply | None:
    """Answer a staff member's command; anything else, and anybody else, passes on."""
    staff = turn.person.staff
    if staff is None:
        return None
    picked = choosing.chosen(turn)
    if picked is not None:
        turn = replace(turn, incoming=replace(turn.incoming, text=picked))
    found = read(turn.house.shop, turn.text)
    if found is None:
        return _near_miss(turn)
    if staff.role not in found.command.roles:
        return turn.reply("role_not_enough")
    if isinstance(found.parsed, Complaint):
        return turn.reply(found.parsed.code, **found.parsed.values)
    return found.command.answer(turn, found.parsed)


def help_reply(turn: Turn) -> Reply:
    """The commands that this person's role may use."""
    staff = turn.person.staff
    return Reply(list_for(turn, staff.role)) if staff is not None else turn.reply("not_staff")


def list_for(turn: Turn, role: str) -> str:
    lines = [turn.say(c.help_line) for c in COMMANDS if c.help_line and role in c.roles]
    return turn.say("staff_help", lines="\n".join(lines))


def _usage(turn: Turn, command: AnyCommand) -> Reply:
    shop = turn.house.shop
    return turn.reply(command.usage, methods=reading.method_names(shop), packs=packs.names(shop))


def _headed(text: str) -> AnyCommand | None:
    line = reading.narrow(text)
    return next((_BY_HEAD[head] for head in _HEADS if line.startswith(head)), None)


_FIRST_WORD = re.compile(r"(?P<head>[^\s\d]{2,4})(?P<rest>[\s\d].*)", re.DOTALL)


def _near_miss(turn: Turn) -> Reply | None:
    """“消废 13800138000 …”: a head mistyped by one character, before something that names a member."""
    line = reading.narrow(turn.text)
    found = _FIRST_WORD.fullmatch(line)
    if found is None or len(line) > reading.MAX_COMMAND_LENGTH or not re.search(r"\d", found["rest"]):
        return None
    heads = _meant_heads(found["head"], certain=bool(reading.PHONE.search(found["rest"])))
    staff = turn.person.staff
    usable = [head for head in heads if staff is not None and staff.role in _BY_HEAD[head].roles]
    if not usable:
        return None
    options = [(f"{head}{found['rest']}", f"{head} {found['rest']}") for head in usable]
    name = "near_miss" if len(usable) == 1 else "near_miss_several"
    return choosing.ask(turn, turn.say(name, said=found["head"], head=usable[0]), options)


def _meant_heads(said: str, *, certain: bool) -> list[str]:
    """The heads one slip away: those that sound alike; without such, and if it is surely a command, any."""
    near = [head for head in _HEADS if len(head) >= 2 and OSA.distance(said, head, score_cutoff=1) == 1]
    alike = [head for head in near if _sound_alike(said, head)]
    return alike or (near if certain else [])


def _sound_alike(said: str, head: str) -> bool:
    return len(said) == len(head) and all(
        loose_sounds(a) & loose_sounds(b) for a, b in zip(said, head, strict=True)
    )
