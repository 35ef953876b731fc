"""待审, 通过, 驳回: the second person's commands (features C2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from actions.house import Denied
from actions.review import approvals, decisions
from actions.review.approvals import DECIDING_ROLES, Waiting
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from bot.staff.command import Complaint, StaffCommand
from ledger.book import transfer_number
from shop import words
from shop.model import Shop

MAX_SHOWN = 8
_NUMBERED = re.compile(r"[#第]?\s*(?P<number>\d{1,9})\s*号?[\s,，:：。;；]*(?P<reason>.*)", re.DOTALL)


@dataclass(frozen=True)
class ListWaiting:
    """待审: what waits for a decision."""


@dataclass(frozen=True)
class Decision:
    """通过 12, or 驳回 12 with its reason."""

    number: int
    approve: bool
    reason: str


def parse_list(_shop: Shop, rest: str) -> ListWaiting | None:
    return None if rest else ListWaiting()


def parse_approval(_shop: Shop, rest: str) -> Decision | Complaint | None:
    return _parse(rest, approve=True)


def parse_rejection(_shop: Shop, rest: str) -> Decision | Complaint | None:
    return _parse(rest, approve=False)


def _parse(rest: str, *, approve: bool) -> Decision | Complaint | None:
    found = _NUMBERED.fullmatch(rest)
    if found is not None:
        return Decision(int(found["number"]), approve, found["reason"].removeprefix("理由").strip(" :："))
    return None if rest else Complaint("approval_usage")


def _list(turn: Turn, _command: ListWaiting) -> Reply:
    found = approvals.waiting(turn.house, staff_openid=turn.person.openid)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    if not found:
        return turn.reply("approvals_none")
    lines = [_line(turn, each) for each in found[:MAX_SHOWN]]
    if len(found) > MAX_SHOWN:
        lines.append(turn.say("approvals_more", count=len(found) - MAX_SHOWN))
    choices = tuple(
        Choice(f"通过 {each.number}", f"通过 {each.number}") for each in found[:MAX_SHOWN] if not each.own
    )
    return Reply(turn.say("approvals_list", count=len(found), lines="\n".join(lines)), choices)


def _line(turn: Turn, each: Waiting) -> str:
    return turn.say(
        "approvals_line_own" if each.own else "approvals_line",
        number=each.number,
        summary=each.summary,
        requester=each.requester_name,
        time=_moment(turn, each.filed_at),
        reasons=approvals.reasons_text(turn.house, each.reasons),
    )


def _moment(turn: Turn, at: datetime) -> str:
    return words.moment(at, turn.house.shop.zone)


def _decide(turn: Turn, command: Decision) -> Reply:
    done = decisions.decide(
        turn.house,
        staff_openid=turn.person.openid,
        number=command.number,
        approve=command.approve,
        reason=command.reason,
        key=f"decision:{turn.incoming.key}",
    )
    if isinstance(done, Denied):
        return turn.reply(done.code, **done.detail)
    transfer = "" if done.transfer_id is None else transfer_number(done.transfer_id)
    text = turn.say(
        {"approved": "approval_given", "rejected": "approval_rejected", "requoted": "approval_requoted"}[
            done.outcome
        ],
        number=done.number,
        summary=done.summary,
        requester=done.requester_name,
        transfer=transfer,
    )
    again = (Choice(f"通过 {done.number}", f"通过 {done.number}"),) if done.outcome == "requoted" else ()
    return Reply(text, again)


COMMANDS: tuple[StaffCommand[ListWaiting] | StaffCommand[Decision], ...] = (
    StaffCommand(
        ("待审", "审核", "待审核"),
        "help_approvals",
        parse_list,
        _list,
        usage="approval_usage",
        roles=DECIDING_ROLES,
    ),
    StaffCommand(
        ("通过", "同意"),
        "help_approve",
        parse_approval,
        _decide,
        usage="approval_usage",
        roles=DECIDING_ROLES,
    ),
    StaffCommand(
        ("驳回", "不通过", "不同意", "拒绝"),
        "",
        parse_rejection,
        _decide,
        usage="approval_usage",
        roles=DECIDING_ROLES,
    ),
)
