"""Joining: the phone, then its code (feature A10). Every other wish may interrupt it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from actions.house import Denied
from actions.membership import joining, phone_proof
from bot.conversation import words
from bot.conversation.memory import Form
from bot.conversation.turn import Turn
from bot.flows import forms
from bot.flows.forms import Filled, FormKind, Question, Reading, Slot, Wrong
from bot.messages import Reply
from nlu.understanding import Understanding
from shop.words import masked_phone

SEND_AGAIN = "再发一次"
_PHONE = re.compile(r"1[3-9]\d{9}")
_CODE = re.compile(r"\d{4,8}")


def begin(turn: Turn, understood: Understanding) -> Reply:
    """Start joining; a phone said in the same sentence is taken at once."""
    member = turn.person.member
    if member is not None and member.phone is not None:
        return turn.reply("join_already")
    return forms.begin(turn, JOIN if member is None else PHONE, understood)


def change_phone(turn: Turn, understood: Understanding | None = None) -> Reply:
    """A member's new number, by the same questions."""
    return forms.begin(turn, PHONE, understood)


def _ask_phone(turn: Turn, _form: Form) -> Question:
    if turn.person.member is not None:
        return Question(turn.say("join_phone_only"))
    return Question(turn.say("join_phone"), (("跳过", None),))


def _read_phone(turn: Turn, _form: Form, said: str) -> Reading:
    if words.is_skip(said):
        return _join_without_phone(turn)
    digits = _digits(said)
    if _PHONE.fullmatch(digits):
        return Filled(digits)
    return Wrong("join_phone_wrong") if digits.isdigit() else None


def _join_without_phone(turn: Turn) -> Reply:
    forms.end(turn)
    if turn.person.member is not None:
        return turn.reply("cancelled")
    joined = joining.join(turn.house, openid=turn.person.openid)
    if isinstance(joined, Denied):
        return turn.reply(joined.code, **joined.detail)
    return turn.reply("join_done_no_phone", number=joined.member.id)


def _ask_code(turn: Turn, form: Form) -> Question:
    """By short message, once a phone; without a provider, or if that fails, at the counter."""
    phone = form.filled["phone"]
    if form.filled.get("asked_for") != phone:
        sent = phone_proof.send_by_sms(turn.house, openid=turn.person.openid, phone=phone)
        form.filled.update(asked_for=phone, by_sms=sent is None)
    if form.filled["by_sms"]:
        return Question(turn.say("join_code_sms", phone=masked_phone(phone)), ((SEND_AGAIN, None),))
    return Question(turn.say("join_code", phone=phone))


def _read_code(turn: Turn, form: Form, said: str) -> Reading:
    if words.plain(said) == SEND_AGAIN:
        form.filled.pop("asked_for", None)
        return forms.ASK_ANEW
    digits = _digits(said)
    if _PHONE.fullmatch(digits):
        form.filled["phone"], form.tries = digits, 0
        return forms.ASK_ANEW
    if not _CODE.fullmatch(digits):
        return None
    result = joining.join_with_phone(
        turn.house, openid=turn.person.openid, phone=form.filled["phone"], code=digits
    )
    if isinstance(result, Denied) and result.code == "join_code_wrong":
        return Wrong(result.code)
    forms.end(turn)
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    name = "join_bound" if result.existing else "join_done"
    return turn.reply(name, name=result.member.name, number=result.member.id)


def _take(_turn: Turn, form: Form, understood: Understanding) -> bool:
    phone = understood.entities.phone
    if phone is None:
        return False
    form.filled["phone"] = phone
    return True


def _never_finished(_turn: Turn, _form: Form) -> Reply:
    raise AssertionError("reading the right code ends the form")


def _digits(said: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", said)).removeprefix("+86")


JOIN = FormKind(
    name="join",
    title="form_join",
    slots=(Slot("phone", _ask_phone, _read_phone), Slot("code", _ask_code, _read_code)),
    finish=_never_finished,
    intents=frozenset({"join"}),
    takes=frozenset({"phone"}),
    reads_as="join",
    take=_take,
)
PHONE = replace(JOIN, name="phone", title="form_phone", intents=frozenset({"update_profile", "join"}))
