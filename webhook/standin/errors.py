"""The platform's error answers: HTTP 200, an errcode, a rid at the end of errmsg (wechat-protocol §3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

MESSAGES: Mapping[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button count",
    40017: "invalid button type",
    40018: "invalid button name length",
    40019: "invalid button key length",
    40020: "invalid button url length",
    40022: "invalid sub menu level",
    40023: "invalid sub button count",
    40024: "invalid sub button type",
    40025: "invalid sub button name length",
    40026: "invalid sub button key length",
    40027: "invalid sub button url length",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40125: "invalid appsecret",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    40258: "duplicate client_msg_id",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45029: "qrcode count out of limit",
    45047: "out of response count limit",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    50002: "user limited",
    65317: "invalid menu url",
}


class PlatformError(Exception):
    """A refusal of the platform's API; becomes `{"errcode", "errmsg"}`."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def answer(self) -> dict[str, object]:
        message = MESSAGES.get(self.code, "error")
        detail = f" ({self.detail})" if self.detail else ""
        return {"errcode": self.code, "errmsg": f"{message}{detail} rid: {request_id()}"}


def request_id() -> str:
    """8hex-8hex-8hex, the platform's number of one request."""
    return "-".join(secrets.token_hex(4) for _ in range(3))
