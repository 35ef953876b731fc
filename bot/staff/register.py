"""开卡 and 验证: a card for a new customer, a code that proves a phone (features A10, C1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import desk
from actions.house import Denied
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import reading
from bot.staff.command import Complaint, StaffCommand
from shop.model import Shop


@dataclass(frozen=True)
class Register:
    phone: str
    name: str


@dataclass(frozen=True)
class PhoneCode:
    phone: str


def parse_register(_shop: Shop, rest: str) -> Register | Complaint:
    phone = reading.PHONE.search(rest)
    if phone is None:
        return Complaint("staff_usage_register")
    name = " ".join((rest[: phone.start()] + " " + rest[phone.end() :]).split())
    if not name or len(name) > reading.MAX_NAME_LENGTH or re.search(r"\d", name):
        return Complaint("staff_usage_register")
    return Register(phone.group(), name)


def parse_phone_code(_shop: Shop, rest: str) -> PhoneCode | Complaint:
    if not rest:
        return Complaint("staff_usage_phone_code")
    digits = re.sub(r"[\s-]", "", rest)
    return (
        PhoneCode(digits) if reading.is_phone(digits) else Complaint("staff_bad_phone", {"word": rest[:20]})
    )


def _register(turn: Turn, command: Register) -> Reply:
    result = desk.register(
        turn.house, staff_openid=turn.person.openid, phone=command.phone, name=command.name
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("registered", name=result.name, phone=command.phone, number=result.member_id)


def _phone_code(turn: Turn, command: PhoneCode) -> Reply:
    result = desk.issue_phone_code(turn.house, staff_openid=turn.person.openid, phone=command.phone)
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("phone_code", code=result, phone=command.phone)


REGISTER: StaffCommand[Register] = StaffCommand(
    ("开卡", "办卡"), "help_register", parse_register, _register, usage="staff_usage_register"
)
PHONE_CODE: StaffCommand[PhoneCode] = StaffCommand(
    ("验证",), "help_phone_code", parse_phone_code, _phone_code, usage="staff_usage_phone_code"
)
COMMANDS: tuple[StaffCommand[Register] | StaffCommand[PhoneCode], ...] = (REGISTER, PHONE_CODE)
