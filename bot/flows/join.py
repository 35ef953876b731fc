"""Joining: the phone, then its code. A form with two slots; every other wish may interrupt it."""

from __future__ import annotations

import re
import unicodedata

from actions import joining
from actions.house import Denied
from bot.conversation import words
from bot.conversation.memory import Form
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply

MAX_TRIES = 3
SKIP_CHOICE = (Choice("跳过", "跳过"),)


def begin(turn: Turn, phone: str | None = None) -> Reply:
    """Start joining; a phone said in the same sentence is taken at once."""
    member = turn.person.member
    if member is not None and member.phone is not None:
        return turn.reply("join_already")
    if not turn.remembers:
        return turn.reply("no_memory")
    turn.memory.pending = None
    turn.memory.form = Form(name="join", slot="phone")
    if phone is not None:
        return _take_phone(turn, turn.memory.form, phone)
    if member is not None:
        return turn.reply("join_phone_only")
    return Reply(turn.say("join_phone"), SKIP_CHOICE)


def answer_form(turn: Turn) -> Reply | None:
    """Hear the answer to the slot that was asked; what is no answer to it passes on as another wish."""
    form = turn.memory.form
    if form is None or form.name != "join":
        return None
    if words.is_no(turn.text):
        turn.memory.form = None
        return turn.reply("cancelled")
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", turn.text))
    digits = digits.removeprefix("+86")
    if form.slot == "phone":
        return _hear_phone(turn, form, digits)
    return _hear_code(turn, form, digits)


def _hear_phone(turn: Turn, form: Form, digits: str) -> Reply | None:
    if words.is_skip(turn.text):
        turn.memory.form = None
        if turn.person.member is not None:
            return turn.reply("cancelled")
        joined = joining.join(turn.house, openid=turn.person.openid)
        if isinstance(joined, Denied):
            return turn.reply(joined.code, **joined.detail)
        return turn.reply("join_done_no_phone", number=joined.member.id)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return _take_phone(turn, form, digits)
    if not digits.isdigit():
        return None
    return _try_again(turn, form, "join_phone_wrong")


def _take_phone(turn: Turn, form: Form, phone: str) -> Reply:
    form.filled["phone"] = phone
    form.slot, form.tries = "code", 0
    return turn.reply("join_code", phone=phone)


def _hear_code(turn: Turn, form: Form, digits: str) -> Reply | None:
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return _take_phone(turn, form, digits)
    if not re.fullmatch(r"\d{4,8}", digits):
        return None
    phone = form.filled["phone"]
    result = joining.join_with_phone(turn.house, openid=turn.person.openid, phone=phone, code=digits)
    if isinstance(result, Denied):
        if result.code == "join_code_wrong":
            return _try_again(turn, form, result.code)
        turn.memory.form = None
        return turn.reply(result.code, **result.detail)
    turn.memory.form = None
    name = "join_bound" if result.existing else "join_done"
    return turn.reply(name, name=result.member.name, number=result.member.id)


def _try_again(turn: Turn, form: Form, text_name: str) -> Reply:
    """The same question at most three times; then the form ends and a person is named."""
    form.tries += 1
    if form.tries >= MAX_TRIES:
        turn.memory.form = None
        return turn.reply("join_given_up")
    return turn.reply(text_name)
