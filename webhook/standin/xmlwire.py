"""XML as the platform writes and reads it: pushes out (wechat-protocol §1.3), passive replies in (§1.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers.expat import ExpatError

import xmltodict

XmlValue = str | int | float | Mapping[str, "XmlValue"] | Sequence[Mapping[str, "XmlValue"]]
ReplyKind = Literal["text", "image", "voice", "video", "music", "news", "transfer"]

TEXT_LIMIT_BYTES = 2048
_MEDIA_KINDS: Mapping[str, ReplyKind] = {
    "image": "image",
    "voice": "voice",
    "video": "video",
    "music": "music",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadReplyError(ValueError):
    """An answer that is neither `success`, empty nor a valid reply; the message says what is wrong."""


@dataclass(frozen=True)
class Article:
    title: str
    description: str = ""
    picture_url: str = ""
    url: str = ""


@dataclass(frozen=True)
class PassiveReply:
    """A parsed passive reply: `text` for text, `media_id` for image and voice, `articles` for news."""

    kind: ReplyKind
    text: str = ""
    media_id: str = ""
    articles: tuple[Article, ...] = field(default=())


def printable(text: str) -> str:
    """`text` without the characters that XML cannot carry (a phone's keyboard does not send them either)."""
    return _NOT_XML.sub("", text)


def to_xml(fields: Mapping[str, XmlValue]) -> str:
    """One `<xml>` document: texts as CDATA, numbers bare, mappings nested, lists repeated as they are."""
    return f"<xml>{_inner(fields)}</xml>"


def with_encrypt(xml: str, encrypted: str) -> str:
    """The compatible mode's body: the plain fields plus `<Encrypt>`."""
    head, closing, tail = xml.rpartition("</xml>")
    element = f"<Encrypt>{_cdata(encrypted)}</Encrypt>"
    return f"{head}{element}{closing}{tail}" if closing else f"{xml}{element}"


def read_fields(xml: str | bytes) -> dict[str, object]:
    """The fields of an `<xml>` document. BadReplyError when it is not one."""
    try:
        document = xmltodict.parse(xml)
    except (ExpatError, ValueError, UnicodeError) as error:
        raise BadReplyError(f"不是合法的 XML（{type(error).__name__}）") from error
    root = document.get("xml") if isinstance(document, dict) else None
    if not isinstance(root, dict):
        raise BadReplyError("没有 <xml> 根元素")
    return root


def text_of(fields: Mapping[str, object], name: str) -> str:
    """The field as text, "" when absent or empty. BadReplyError when it is repeated or nested."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadReplyError(f"{name} 不是单个文本字段")
    return value


def read_reply(fields: Mapping[str, object], *, to: str, sender: str, articles_allowed: int) -> PassiveReply:
    """The passive reply in `fields`, checked as the platform checks it.

    Args:
        to: openid that the reply must name as ToUserName.
        sender: the account's original id (gh_…), expected as FromUserName.
        articles_allowed: 1 when answering a message, 8 when answering an event.
    """
    if text_of(fields, "ToUserName") != to:
        raise BadReplyError("ToUserName 不是这位用户")
    if text_of(fields, "FromUserName") != sender:
        raise BadReplyError("FromUserName 不是本公众号")
    if not text_of(fields, "CreateTime").isdigit():
        raise BadReplyError("CreateTime 不是整数")
    kind = text_of(fields, "MsgType")
    if kind == "text":
        return _text_reply(text_of(fields, "Content"))
    if kind == "news":
        return _news_reply(fields, articles_allowed)
    if kind == "transfer_customer_service":
        return PassiveReply("transfer")
    if media_kind := _MEDIA_KINDS.get(kind):
        return _media_reply(fields, media_kind)
    raise BadReplyError(f"MsgType {kind[:30]!r} 不认识")


def _text_reply(content: str) -> PassiveReply:
    if not content:
        raise BadReplyError("Content 为空")
    size = len(content.encode())
    if size > TEXT_LIMIT_BYTES:
        raise BadReplyError(f"Content 有 {size} 字节，超过 {TEXT_LIMIT_BYTES}")
    return PassiveReply("text", text=content)


def _news_reply(fields: Mapping[str, object], allowed: int) -> PassiveReply:
    holder = fields.get("Articles")
    items = holder.get("item") if isinstance(holder, dict) else None
    listed = [item for item in (items if isinstance(items, list) else [items]) if isinstance(item, dict)]
    if not listed or text_of(fields, "ArticleCount") != str(len(listed)):
        raise BadReplyError("ArticleCount 与图文条数不符")
    if len(listed) > allowed:
        raise BadReplyError(f"图文 {len(listed)} 条，这里最多 {allowed} 条")
    articles = tuple(
        Article(*(text_of(item, name) for name in ("Title", "Description", "PicUrl", "Url")))
        for item in listed
    )
    return PassiveReply("news", articles=articles)


def _media_reply(fields: Mapping[str, object], kind: ReplyKind) -> PassiveReply:
    element = fields.get(kind.capitalize())
    if not isinstance(element, dict):
        raise BadReplyError(f"缺少 <{kind.capitalize()}>")
    media_id = text_of(element, "ThumbMediaId" if kind == "music" else "MediaId")
    if not media_id:
        raise BadReplyError("缺少 MediaId")
    return PassiveReply(
        kind, media_id=media_id, text=text_of(element, "Title") if kind in ("video", "music") else ""
    )


def _inner(fields: Mapping[str, XmlValue]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: XmlValue) -> str:
    if isinstance(value, str):
        return f"<{name}>{_cdata(value)}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_inner(value)}</{name}>"
    if isinstance(value, Sequence):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{value}</{name}>"


def _cdata(text: str) -> str:
    return f"<![CDATA[{printable(text).replace(']]>', ']]]]><![CDATA[>')}]]>"
