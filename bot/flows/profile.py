"""Changing one's own data: name, birthday, phone (feature A10)."""

from __future__ import annotations

import re
from datetime import date, datetime

from actions.house import Denied
from actions.membership import profile
from bot.conversation.answers import Answer
from bot.conversation.memory import Form, Pending
from bot.conversation.turn import Turn
from bot.flows import confirm, forms, join
from bot.flows.confirm import Confirmed
from bot.flows.forms import Filled, FormKind, Question, Reading, Slot, Wrong
from bot.messages import Choice, Reply
from nlu.understanding import Understanding
from nlu.values.birthdays import BirthdaySaid, find_birth_year, find_birthday, lunar_birthday
from shop import words

NAME, BIRTHDAY, PHONE = "name", "birthday", "phone"
LUNAR = "lunar"
"""What a form keeps of a birthday said by the lunar calendar: month and day."""
_SAID_NAME = re.compile(
    r"(?:名字|姓名|称呼|昵称)?(?:我?叫|改名?(?:成|为|叫)|(?:名字|姓名|称呼|昵称)(?:是|改(?:成|为)))\s*(?P<name>\S{1,20}?)[。!！.]?$"
)


def begin(turn: Turn, understood: Understanding) -> Reply:
    """“我生日是3月5号”, “换手机号”, “名字改成林小雨”; without a hint the member is asked what to change."""
    if turn.person.member is None:
        return Reply(turn.say("not_member"), (Choice("加入会员", "加入会员"),))
    if understood.entities.phone is not None or _means_phone(understood.text):
        return join.change_phone(turn, understood)
    return forms.begin(turn, PROFILE, understood)


def _means_phone(text: str) -> bool:
    return re.search(r"手机|电话|号码", text) is not None


def _take(turn: Turn, form: Form, understood: Understanding) -> bool:
    day, named = understood.entities.date, _SAID_NAME.search(understood.text)
    birthday = find_birthday(understood.text, _today(turn))
    if day is not None or birthday.lunar is not None:
        form.filled["what"] = BIRTHDAY
        _put_birthday(form, birthday, day)
    elif named is not None:
        form.filled["what"] = NAME
        clean = profile.clean_name(named["name"])
        if clean is not None:
            form.filled["name"] = clean
    elif "生日" in understood.text:
        form.filled["what"] = BIRTHDAY
    elif re.search(r"名字|姓名|称呼|昵称", understood.text):
        form.filled["what"] = NAME
    else:
        return False
    return True


def _ask_what(turn: Turn, _form: Form) -> Question:
    return Question(turn.say("profile_what"), (("姓名", NAME), ("生日", BIRTHDAY), ("手机号", PHONE)))


def _ask_name(turn: Turn, _form: Form) -> Question:
    return Question(turn.say("profile_name"))


def _read_name(_turn: Turn, _form: Form, said: str) -> Reading:
    named = _SAID_NAME.search(said)
    name = profile.clean_name(named["name"] if named else said)
    return Wrong("profile_bad_name", {"limit": profile.LONGEST_NAME}) if name is None else Filled(name)


def _ask_birthday(turn: Turn, form: Form) -> Question | Reply:
    asked = "profile_birthday_lunar" if LUNAR in form.filled else "profile_birthday"
    return _birthday_kept(turn) or Question(turn.say(asked))


def _read_birthday(turn: Turn, form: Form, said: str) -> Reading:
    """The year to a lunar day told before, or a lunar day; plain dates are read as in any sentence."""
    now = _today(turn)
    birthday, year = find_birthday(said, now), find_birth_year(said, now)
    told = tuple(form.filled.get(LUNAR, ()))
    day = birthday.date
    if told and day is not None and (day.month, day.day) == told and birthday.lunar is None:
        # asked for the year, the member says the lunar day again: it is still no solar one
        birthday, year = BirthdaySaid(lunar=told), day.year if day.year != profile.UNSAID_YEAR else None
    if told and year is not None and birthday.lunar in (None, told):
        birthday = BirthdaySaid(lunar_birthday(year, *told), lunar=told)
    if birthday.lunar is None:
        return None
    _put_birthday(form, birthday, birthday.date)
    if birthday.date is None or birthday.date > now.date():
        return Wrong("profile_birthday_lunar")
    return Filled(birthday.date.isoformat())


def _put_birthday(form: Form, birthday: BirthdaySaid, day: date | None) -> None:
    """The solar date, if it can be told, and the lunar day that was said."""
    form.filled.pop(LUNAR, None)
    form.filled.pop(BIRTHDAY, None)
    if birthday.lunar is not None:
        form.filled[LUNAR] = list(birthday.lunar)
    if day is not None:
        form.filled[BIRTHDAY] = day.isoformat()


def _today(turn: Turn) -> datetime:
    return turn.now.astimezone(turn.house.shop.zone)


def _birthday_kept(turn: Turn) -> Reply | None:
    """A birthday is told once; another one is for the staff to look at."""
    member = turn.person.member
    if member is None or member.birthday is None:
        return None
    forms.end(turn)
    return turn.reply("profile_birthday_kept")


def _finish(turn: Turn, form: Form) -> Reply:
    what = form.filled["what"]
    if what == PHONE:
        forms.end(turn)
        return join.change_phone(turn)
    value = form.filled[what]
    kept = _birthday_kept(turn) if what == BIRTHDAY else None
    if kept is not None:
        return kept
    shown = birthday_text(date.fromisoformat(value)) if what == BIRTHDAY else value
    by_lunar = what == BIRTHDAY and LUNAR in form.filled
    echo = turn.say("profile_echo_birthday_lunar" if by_lunar else f"profile_echo_{what}", value=shown)
    data: dict[str, object] = {"what": what, "value": value}
    return confirm.ask(turn, kind="profile", data=data, echo=echo, command=turn.text.strip()[:60])


def birthday_text(day: date) -> str:
    """1990年3月5日; 3月5日 when the year was not said."""
    return words.short_date(day) if day.year == profile.UNSAID_YEAR else words.full_date(day)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    what, value = str(pending.data["what"]), str(pending.data["value"])
    openid, key = turn.person.openid, pending.key
    if what == NAME:
        result = profile.set_name(turn.house, openid=openid, name=value, key=key)
    else:
        result = profile.set_birthday(turn.house, openid=openid, birthday=date.fromisoformat(value), key=key)
    turn.memory.pending = turn.memory.form = None
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("profile_done")


def _needs(what: str) -> forms.Needed:
    return lambda _turn, form: form.filled.get("what") == what


PROFILE = FormKind(
    name="profile",
    title="form_profile",
    slots=(
        Slot("what", _ask_what),
        Slot("name", _ask_name, _read_name, needed=_needs(NAME)),
        Slot("birthday", _ask_birthday, _read_birthday, needed=_needs(BIRTHDAY)),
    ),
    finish=_finish,
    intents=frozenset({"update_profile"}),
    takes=frozenset({"date"}),
    reads_as="update_profile",
    take=_take,
)
ANSWERS: dict[str, Answer] = {"update_profile": begin}
CONFIRMED: dict[str, Confirmed] = {"profile": _confirmed}
