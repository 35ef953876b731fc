"""工单, 回, 办结: the shop's people answer members in WeChat (feature A10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.house import Denied
from actions.membership import tickets
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff.command import Complaint, StaffCommand
from shop import words
from shop.model import Shop

# The words as they were typed: reading a command narrows full-width punctuation, an answer keeps it.
_AS_TYPED = re.compile(r"\s*回复?\s*[#＃]?\d+[\s:：,，。、]*(?P<words>.*?)\s*", re.DOTALL)
_NUMBERED = re.compile(r"#?(?P<number>\d{1,9})[\s:,，。、]*(?P<words>.*)", re.DOTALL)


@dataclass(frozen=True)
class Answered:
    number: int
    words: str


@dataclass(frozen=True)
class Settled:
    number: int


def _parse_answer(_shop: Shop, rest: str) -> Answered | Complaint | None:
    found = _NUMBERED.fullmatch(rest)
    if found is None:
        return None if rest else Complaint("staff_usage_ticket_answer")
    if not found["words"].strip():
        return Complaint("staff_usage_ticket_answer")
    return Answered(int(found["number"]), found["words"].strip())


def _parse_settled(_shop: Shop, rest: str) -> Settled | Complaint:
    found = _NUMBERED.fullmatch(rest)
    if found is None or found["words"].strip():
        return Complaint("staff_usage_ticket_close")
    return Settled(int(found["number"]))


def _parse_list(_shop: Shop, rest: str) -> str | None:
    return None if rest else ""


def _answer(turn: Turn, command: Answered) -> Reply:
    typed = _AS_TYPED.fullmatch(turn.text)
    result = tickets.answer(
        turn.house,
        staff_openid=turn.person.openid,
        number=command.number,
        said=typed["words"] if typed else command.words,
        key=f"ticket_answer:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("ticket_answered", number=result.id)


def _settle(turn: Turn, command: Settled) -> Reply:
    result = tickets.close(
        turn.house,
        staff_openid=turn.person.openid,
        number=command.number,
        key=f"ticket_close:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("ticket_settled", number=result.id)


def _list(turn: Turn, _command: str) -> Reply:
    listed = tickets.unclosed(turn.house, staff_openid=turn.person.openid)
    if isinstance(listed, Denied):
        return turn.reply(listed.code, **listed.detail)
    if not listed:
        return turn.reply("tickets_none")
    text = turn.say("tickets_head", count=len(listed))
    for each in listed:
        waits = each.ticket.waits_since
        text += turn.say(
            "ticket_listed",
            number=each.ticket.id,
            name=each.name,
            state=turn.say("ticket_waits", since=words.moment(waits, turn.house.shop.zone))
            if waits
            else turn.say("ticket_was_answered"),
            words=each.lines[-1].text[:30] if each.lines else "",
        )
    return Reply(text + turn.say("tickets_tail"))


COMMANDS: tuple[StaffCommand[Answered] | StaffCommand[Settled] | StaffCommand[str], ...] = (
    StaffCommand(
        ("回复", "回"), "help_ticket_answer", _parse_answer, _answer, usage="staff_usage_ticket_answer"
    ),
    StaffCommand(("办结",), "help_ticket_close", _parse_settled, _settle, usage="staff_usage_ticket_close"),
    StaffCommand(("工单",), "help_tickets", _parse_list, _list, usage="help_tickets"),
)
