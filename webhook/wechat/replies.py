"""The XML of a passive reply (wechat-protocol §1.5)."""

from __future__ import annotations

NO_REPLY = "success"  # the platform shows nothing and does not retry (§1.4); sent unencrypted in every mode


def cdata(text: str) -> str:
    """A CDATA section that `text` cannot break out of (wechat-protocol §10, row 15)."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def text_reply(*, to_openid: str, from_account: str, created_at: int, text: str) -> str:
    """A text reply to one push; `text` is already rendered and within its limit, `created_at` in seconds."""
    return (
        f"<xml><ToUserName>{cdata(to_openid)}</ToUserName>"
        f"<FromUserName>{cdata(from_account)}</FromUserName>"
        f"<CreateTime>{created_at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(text)}</Content></xml>"
    )
