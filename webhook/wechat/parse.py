"""A push's XML → `Incoming` (wechat-protocol §1.3).

xmltodict is used directly, not through wechatpy's parser: that one rewrites events while it reads them,
gives every event the id 0 and does not know the subscription events (wechat-protocol §10, rows 10–14).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import xmltodict

from bot.messages import Incoming, IncomingKind

Fields = Mapping[str, object]

_KINDS: dict[str, IncomingKind] = {
    "text": "text",
    "voice": "voice",
    "image": "image",
    "video": "video",
    "shortvideo": "video",
    "location": "location",
    "link": "link",
    "event": "event",
}
_EVENTS = {
    name.lower(): name
    for name in (
        *("subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "LOCATION", "view_miniprogram"),
        *("scancode_push", "scancode_waitmsg", "location_select"),
        *("pic_sysphoto", "pic_photo_or_album", "pic_weixin"),
        *("TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH"),
        *("subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"),
    )
}
_SUBSCRIPTION_LISTS = {
    "subscribe_msg_popup_event": ("SubscribeMsgPopupEvent", "SubscribeStatusString"),
    "subscribe_msg_change_event": ("SubscribeMsgChangeEvent", "SubscribeStatusString"),
    "subscribe_msg_sent_event": ("SubscribeMsgSentEvent", "ErrorCode"),
}
_SCENE_PREFIX = "qrscene_"
_ACCOUNT = re.compile(r"[A-Za-z0-9_\-@.]{1,64}")
_DIGITS = re.compile(r"[0-9]{1,20}")
LATEST_SENT_AT = 253_402_300_799  # the last second of the year 9999: what a datetime can hold
KEY_PART_LIMIT = 64  # longer event keys (URLs) enter the delivery's key as a hash


class MalformedError(ValueError):
    """Not a push as the platform writes it."""


@dataclass(frozen=True)
class Push:
    """A readable push.

    Attributes:
        account: the official account it was sent to (gh_…), the sender of the reply.
        incoming: None when the platform invented a message or event that we do not know.
        name: message type or event, for metrics; "unknown" when it is not one of ours.
    """

    account: str
    openid: str
    incoming: Incoming | None
    name: str


def read_fields(body: bytes | str) -> Fields:
    """The children of `<xml>`: text, None for an empty one, or nested mappings.

    Raises:
        MalformedError: not XML, not UTF-8, with entities (XXE, bombs), or not rooted in `<xml>`.
    """
    try:
        document = xmltodict.parse(body, encoding="utf-8", disable_entities=True)
    except Exception as error:  # the parser raises many kinds (§10, row 10); all of them mean the same
        raise MalformedError("not readable as XML") from error
    fields = document.get("xml") if isinstance(document, dict) else None
    if not isinstance(fields, dict):
        raise MalformedError("no <xml> with children")
    return fields


def read_push(fields: Fields) -> Push:
    """Normalise a decrypted push.

    Raises:
        MalformedError: a field that every push carries is missing or is not of its kind.
    """
    openid = _matched(fields, "FromUserName", _ACCOUNT)
    account = _matched(fields, "ToUserName", _ACCOUNT)
    created = int(_matched(fields, "CreateTime", _DIGITS))
    if created > LATEST_SENT_AT:
        raise MalformedError("CreateTime")
    sent_at = datetime.fromtimestamp(created, UTC)
    kind = _KINDS.get(_required(fields, "MsgType").lower())
    if kind is None:
        return Push(account, openid, None, "unknown")
    if kind == "event":
        event = _EVENTS.get(_required(fields, "Event").lower())
        if event is None:
            return Push(account, openid, None, "unknown")
        return Push(account, openid, _event(fields, openid, sent_at, event), event)
    return Push(account, openid, _message(fields, openid, sent_at, kind), kind)


def _message(fields: Fields, openid: str, sent_at: datetime, kind: IncomingKind) -> Incoming:
    texts = {"text": "Content", "voice": "Recognition", "link": "Url", "location": "Label"}
    position = _position(fields, "Location_X", "Location_Y") if kind == "location" else (None, None)
    return Incoming(
        key=f"wx:{openid}:{_matched(fields, 'MsgId', _DIGITS)}",
        openid=openid,
        sent_at=sent_at,
        kind=kind,
        text=_text(fields, texts[kind]) if kind in texts else "",
        tapped_id=_text(fields, "bizmsgmenuid") if kind == "text" else "",
        media_id=_text(fields, "MediaId"),
        latitude=position[0],
        longitude=position[1],
    )


def _event(fields: Fields, openid: str, sent_at: datetime, event: str) -> Incoming:
    raw_key, text = _event_key_and_text(fields, event)
    position: tuple[float | None, float | None] = (None, None)
    if event == "LOCATION":
        position = _position(fields, "Latitude", "Longitude")
    elif event == "location_select":
        position = _position(_nested(fields, "SendLocationInfo"), "Location_X", "Location_Y")
    return Incoming(
        key=f"wx:{openid}:{int(sent_at.timestamp())}:{event}:{_short(raw_key)}",
        openid=openid,
        sent_at=sent_at,
        kind="event",
        text=text,
        event=event,
        event_key=_scene(event, raw_key),
        latitude=position[0],
        longitude=position[1],
    )


def _event_key_and_text(fields: Fields, event: str) -> tuple[str, str]:
    """What identifies the event beside its second, and the words it brings.

    Finished jobs: (MsgID, Status). Subscription events: one `template=status` for each entry, joined by ";".
    Scans from the menu: (menu key, what was scanned).
    """
    if event in _SUBSCRIPTION_LISTS:
        return _subscriptions(fields, *_SUBSCRIPTION_LISTS[event]), ""
    if event in ("TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH"):
        return _text(fields, "MsgID"), _text(fields, "Status")
    key = _text(fields, "EventKey")
    if event.startswith("scancode_"):
        return key, _text(_nested(fields, "ScanCodeInfo"), "ScanResult")
    if event == "location_select":
        return key, _text(_nested(fields, "SendLocationInfo"), "Label")
    return key, ""


def _subscriptions(fields: Fields, wrapper: str, status: str) -> str:
    entries = _nested(fields, wrapper).get("List")
    listed = (
        entries if isinstance(entries, list) else [entries]
    )  # one entry arrives as a mapping (§10, row 11)
    pairs = []
    for entry in listed:
        if not isinstance(entry, dict):
            raise MalformedError(wrapper)
        message_id = _text(entry, "MsgID")
        template = _required(entry, "TemplateId") + (f"#{message_id}" if message_id else "")
        pairs.append(f"{template}={_text(entry, status)}")
    return ";".join(pairs)


def _scene(event: str, raw_key: str) -> str:
    """A follow says only by which QR code it came; other keys (payment and so on) make it a plain one."""
    if event != "subscribe":
        return raw_key
    return raw_key.removeprefix(_SCENE_PREFIX) if raw_key.startswith(_SCENE_PREFIX) else ""


def _short(raw_key: str) -> str:
    if len(raw_key) <= KEY_PART_LIMIT:
        return raw_key
    return hashlib.sha256(raw_key.encode()).hexdigest()[:32]


def _nested(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError(name)
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if value is None:  # missing, or empty CDATA (§10, row 14)
        return ""
    if not isinstance(value, str):
        raise MalformedError(name)
    return value


def _required(fields: Fields, name: str) -> str:
    value = _text(fields, name)
    if not value:
        raise MalformedError(name)
    return value


def _matched(fields: Fields, name: str, pattern: re.Pattern[str]) -> str:
    value = _text(fields, name)
    if not pattern.fullmatch(value):
        raise MalformedError(name)
    return value


def _position(fields: Fields, latitude: str, longitude: str) -> tuple[float, float]:
    try:
        north, east = float(_required(fields, latitude)), float(_required(fields, longitude))
    except ValueError as error:
        raise MalformedError(latitude) from error
    if not (math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180):
        raise MalformedError(latitude)
    return north, east
