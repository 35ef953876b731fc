"""`message/custom/send`: what it takes, when it may be sent, how it looks (wechat-protocol §4.1)."""

from __future__ import annotations

from collections.abc import Mapping

from webhook.standin.chat import Json
from webhook.standin.errors import PlatformError
from webhook.standin.wiring import Platform
from webhook.standin.xmlwire import TEXT_LIMIT_BYTES

Body = Mapping[str, Json]


def send_customer_message(platform: Platform, message: Mapping[str, object]) -> None:
    """Check, count and show one customer message.

    PlatformError 40003 unknown openid, 40008 kind, 44004 empty, 45002 too long, 40007 media, 45008 articles,
    45015 no window (or not a follower), 45047 the window's count is used up.
    """
    openid = message.get("touser")
    person = platform.people.find(openid) if isinstance(openid, str) else None
    if person is None:
        raise PlatformError(40003)
    kind = message.get("msgtype")
    content = message.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or kind not in ("text", "image", "msgmenu", "news"):
        raise PlatformError(40008)
    body = _body(platform, kind, content if isinstance(content, dict) else {})
    context = message.get("aimsgcontext")
    if isinstance(context, dict) and context.get("is_ai_msg") == 1:
        body = {**body, "made_by_ai": True}
    with platform.database.transaction():
        person = platform.people.get(person.openid)
        if not person.follows or platform.clock.timestamp() >= person.allowance_until:
            raise PlatformError(45015)
        if person.allowance_left <= 0:
            raise PlatformError(45047)
        platform.people.spend_allowance(person.openid)
        platform.chat.add(person.openid, "account", kind, body)


def _body(platform: Platform, kind: str, content: Mapping[str, object]) -> Body:
    if kind == "text":
        return {"text": _text(content.get("content"))}
    if kind == "image":
        media_id = content.get("media_id")
        return {
            "media_id": platform.media.usable(media_id if isinstance(media_id, str) else "", "image").media_id
        }
    if kind == "msgmenu":
        return _menu(content)
    return _news(content)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise PlatformError(44004)
    if len(value.encode("utf-8", "replace")) > TEXT_LIMIT_BYTES:
        raise PlatformError(45002)
    return value


def _menu(content: Mapping[str, object]) -> Body:
    listed = content.get("list")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    choices: list[Json] = [
        {"id": str(item.get("id") or ""), "text": str(item.get("content") or "")} for item in items
    ]
    head, tail = str(content.get("head_content") or ""), str(content.get("tail_content") or "")
    if not choices:
        raise PlatformError(44004)
    _text("\n".join([head, *(str(item.get("content") or "") for item in items), tail]))
    return {"head": head, "choices": choices, "tail": tail}


def _news(content: Mapping[str, object]) -> Body:
    listed = content.get("articles")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    if not items:
        raise PlatformError(44004)
    if len(items) > 1:
        raise PlatformError(45008)
    names = {"title": "title", "description": "description", "picture_url": "picurl", "url": "url"}
    articles: list[Json] = [
        {name: str(item.get(theirs) or "")[:1024] for name, theirs in names.items()} for item in items
    ]
    return {"articles": articles}
