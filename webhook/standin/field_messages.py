"""`message/template/send` and `message/subscribe/bizsend`: messages of fields (wechat-protocol §4.2, §4.3).

What the phone shows is one text: the template's id is all the stand-in knows of its title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from webhook.standin.errors import PlatformError
from webhook.standin.people import Person
from webhook.standin.wiring import Platform

FIRST_NUMBER = 2_918_131_553_548_107_776  # a 64-bit number, as the platform's are
SAME_ID_SECONDS = 600
MAX_FIELDS = 10

_RULES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r"[^\x00-\x1f]{1,20}"),
    "short_thing": re.compile(r"[^\x00-\x1f]{1,10}"),
    "number": re.compile(r"-?[\d.]{1,32}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[ -~]{1,32}"),
    "time": re.compile(r"[\d年月日:~ \-]{4,60}"),
    "date": re.compile(r"[\d年月日:~ \-]{6,60}"),
    "amount": re.compile(r"[¥￥$]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r".{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "keyword": re.compile(r"(?s).+"),  # the older templates fold what is too long
}


def send_template(platform: Platform, message: Mapping[str, object]) -> int:
    """Check and show a template message; its number.

    PlatformError 40003 unknown openid, 43004 does not follow, 40037 no template id, 47003 a field, 40258 this
    client_msg_id was sent within ten minutes.
    """
    person = _recipient(platform, message)
    if not person.follows:
        raise PlatformError(43004)
    lines = _lines(message)
    with platform.database.transaction():
        _once(platform, person, message.get("client_msg_id"))
        _show(platform, person, lines)
        return platform.database.next_number("template_message", FIRST_NUMBER)


def send_subscription(platform: Platform, message: Mapping[str, object]) -> None:
    """Check and show a subscription notification; it takes a consent. PlatformError 43101: there is none."""
    person = _recipient(platform, message)
    lines = _lines(message)
    name = _consent_name(person, str(message.get("template_id")))
    with platform.database.transaction():
        left = _number(platform, name)
        if left <= 0:
            raise PlatformError(43101)
        _keep(platform, name, left - 1)
        _show(platform, person, lines)


def add_consent(platform: Platform, person: Person, template_id: str, *, accepts: bool) -> None:
    """The person answers WeChat's question: one more notification, or none any more."""
    name = _consent_name(person, template_id)
    with platform.database.transaction():
        _keep(platform, name, _number(platform, name) + 1 if accepts else 0)


def _recipient(platform: Platform, message: Mapping[str, object]) -> Person:
    openid, template_id = message.get("touser"), message.get("template_id")
    person = platform.people.find(openid) if isinstance(openid, str) else None
    if person is None:
        raise PlatformError(40003)
    if not isinstance(template_id, str) or not template_id:
        raise PlatformError(40037)
    return person


def _lines(message: Mapping[str, object]) -> list[str]:
    data = message.get("data")
    if not isinstance(data, dict) or not 0 < len(data) <= MAX_FIELDS:
        raise PlatformError(47003, "data is empty")
    lines = []
    for field, content in data.items():
        value = content.get("value") if isinstance(content, dict) else None
        rule = _RULES.get(re.sub(r"\d+$", "", str(field)))
        if not isinstance(value, str) or rule is None or not rule.fullmatch(value):
            raise PlatformError(47003, f"data.{field}.value invalid")
        lines.append(value)
    return lines


def _show(platform: Platform, person: Person, lines: list[str]) -> None:
    platform.chat.add(person.openid, "account", "text", {"text": "\n".join(["【服务通知】", *lines])})


def _once(platform: Platform, person: Person, message_id: object) -> None:
    if not isinstance(message_id, str) or not message_id:
        return
    name, now = f"sent:{person.openid}:{message_id}", platform.clock.timestamp()
    if now - _number(platform, name) < SAME_ID_SECONDS:
        raise PlatformError(40258)
    _keep(platform, name, now)


def _consent_name(person: Person, template_id: str) -> str:
    return f"consent:{person.openid}:{template_id}"


def _number(platform: Platform, name: str) -> int:
    return platform.database.number("SELECT CAST(value AS INTEGER) FROM note WHERE name = ?", name)


def _keep(platform: Platform, name: str, value: int) -> None:
    platform.database.run("INSERT OR REPLACE INTO note (name, value) VALUES (?, ?)", name, str(value))
