"""The platform's API, as much of it as the product uses (wechat-protocol §4.1, §5, §6, §7.3).

wechatpy makes the calls; this wrapper takes away its dangers (wechat-protocol §10): endless retries on a
refused token, uploads repeated from their end, missing time-outs, a token for each process, and an HTML page
with status 200 that would pass for success.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import redis
import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.outreach.wechat.errors import BadAnswerError
from bot.outreach.wechat.markup import TEXT_LIMIT_BYTES
from bot.outreach.wechat.tokens import Token, TokenKeeper

API_HOST = "https://api.weixin.qq.com"
QR_HOST = "https://mp.weixin.qq.com"
TOKEN_ERRORS = frozenset({40001, 40014, 42001})
TIMEOUT_SECONDS = (3.0, 5.0)  # to connect, to read
IMAGE_LIMIT_BYTES = 2 * 1024 * 1024  # the page says both 10 MB and 2 MB (§7.3): keep to the smaller
SCENE = re.compile(r"[ -~]{1,64}")
QR_LIFE_LIMIT_SECONDS = 30 * 24 * 3600

Json = Mapping[str, object]


@dataclass(frozen=True)
class QrCode:
    """A parametric QR code: scanning it brings its scene; `url` is what its image contains."""

    ticket: str
    url: str
    expire_seconds: int | None


@dataclass(frozen=True)
class Follower:
    """What the platform tells about an openid; all but `follows` is empty for those who do not follow."""

    openid: str
    follows: bool
    followed_at: datetime | None = None
    unionid: str = ""
    language: str = ""
    scene: str = ""


class _OriginAdapter(HTTPAdapter):
    """Sends calls for the platform's hosts to another address, such as the local stand-in."""

    def __init__(self, origin: str) -> None:
        self._origin = origin.rstrip("/")
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = self._origin + urlunsplit(("", "", str(parts.path), str(parts.query), ""))
        return super().send(request, *args, **kwargs)


class _Api(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's client with our token and our one retry."""

    def __init__(self, app_id: str, secret: str, client: redis.Redis, clock: Callable[[], float]) -> None:
        super().__init__(app_id, secret, timeout=TIMEOUT_SECONDS, auto_retry=False)
        self._clock = clock
        self._keeper = TokenKeeper(client, app_id, self._fetch_token, clock)

    @property
    def access_token(self) -> str:
        return self._keeper.current()[0]

    def fetch_access_token(self) -> None:
        self._keeper.current()

    def _fetch_token(self) -> Token:
        asked_at = self._clock()
        response = self._http.post(
            f"{API_HOST}/cgi-bin/stable_token",
            json={"grant_type": "client_credential", "appid": self.appid, "secret": self.secret},
            timeout=TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        answer = _decoded(response)
        code = answer.get("errcode")
        if code:
            raise WeChatClientException(int(str(code)), answer.get("errmsg"), response=response)
        value, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(life, int):
            raise BadAnswerError("no token in the answer")
        return Token(value, asked_at + life)

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """One call, and one more when the platform refuses the token and another one is to be had.

        A token fetched by this very call, or given out again unchanged, is not tried twice: stable_token
        would repeat it for ever (§10.1). So a refusal that lasts costs three HTTP calls at most.
        """
        used, just_fetched = self._keeper.current()
        params = kwargs.setdefault("params", {})
        params["access_token"] = used
        try:
            return super()._request(method, url_or_endpoint, **kwargs)
        except WeChatClientException as error:
            if error.errcode not in TOKEN_ERRORS:
                raise
            self._keeper.drop(used)
            if just_fetched:
                raise
            params["access_token"] = self._keeper.current()[0]
            if params["access_token"] == used:
                raise
        _rewind(kwargs.get("files"))
        return super()._request(method, url_or_endpoint, **kwargs)


class WeChat:
    """The account's API. Threads may share one; every method raises what `errors.classify` understands.

    Args:
        client: shared Redis, for the token.
        origin: another address for the platform's hosts ("http://127.0.0.1:8001"); "" for the platform.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        app_id: str,
        secret: str,
        client: redis.Redis,
        *,
        origin: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = _Api(app_id, secret, client, clock)
        self._origin = origin.rstrip("/")
        if origin:
            for host in (API_HOST, QR_HOST):
                self._api._http.mount(host, _OriginAdapter(origin))

    def close(self) -> None:
        self._api._http.close()

    def send_text(self, openid: str, text: str) -> None:
        """A customer-service message (§4.1): within 48 h of the member's last message, five of them.

        Raises:
            ValueError: `text` is empty or longer than 2048 bytes; see `markup.render_text`.
        """
        if not text or len(text.encode()) > TEXT_LIMIT_BYTES:
            raise ValueError(f"a text has 1 to {TEXT_LIMIT_BYTES} bytes")
        self._send({"touser": openid, "msgtype": "text", "text": {"content": text}})

    def send_image(self, openid: str, media_id: str) -> None:
        """A customer-service message with an uploaded image."""
        self._send({"touser": openid, "msgtype": "image", "image": {"media_id": media_id}})

    def send_template(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, message_id: str, url: str = ""
    ) -> int:
        """A template message (§4.2): service notices only; no window is needed, but the user must follow.

        Args:
            message_id: the same one is sent once in ten minutes, which guards a repeated try.

        Returns:
            The platform's number of it, which TEMPLATESENDJOBFINISH repeats.
        """
        body: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": message_id,
            "data": {name: {"value": value} for name, value in fields.items()},
        }
        answer = self._post("message/template/send", body | ({"url": url} if url else {}))
        number = answer.get("msgid")
        if answer.get("errcode") != 0 or not isinstance(number, int):
            raise BadAnswerError("no msgid in the answer")
        return number

    def send_subscription(self, openid: str, template_id: str, fields: Mapping[str, str]) -> None:
        """A subscription notification (§4.3): takes one of the user's consents; he need not follow."""
        data = {name: {"value": value} for name, value in fields.items()}
        answer = self._post(
            "message/subscribe/bizsend", {"touser": openid, "template_id": template_id, "data": data}
        )
        if answer.get("errcode") != 0:
            raise BadAnswerError("no errcode in the answer")

    def upload_image(self, data: bytes, filename: str = "image.png") -> str:
        """Upload a PNG or JPEG of at most 2 MB; its media id is good for three days.

        Raises:
            ValueError: empty or too large.
        """
        if not 0 < len(data) <= IMAGE_LIMIT_BYTES:
            raise ValueError(f"an image has 1 to {IMAGE_LIMIT_BYTES} bytes")
        files = {"media": (filename, io.BytesIO(data))}
        answer = self._call("post", "media/upload", params={"type": "image"}, files=files)
        return _string(answer, "media_id")

    def create_qr(self, scene: str, expire_seconds: int | None = None) -> QrCode:
        """A QR code for `scene` (§5.1); without `expire_seconds` a permanent one, of which there are 100,000.

        Raises:
            ValueError: the scene is not 1 to 64 ASCII characters, or the life is over 30 days.
        """
        if not SCENE.fullmatch(scene):
            raise ValueError("a scene has 1 to 64 ASCII characters")
        if expire_seconds is not None and not 60 <= expire_seconds <= QR_LIFE_LIMIT_SECONDS:
            raise ValueError("a temporary QR code lives 60 s to 30 days")
        body: dict[str, object] = {"action_info": {"scene": {"scene_str": scene}}}
        if expire_seconds is None:
            body["action_name"] = "QR_LIMIT_STR_SCENE"
        else:
            body |= {"action_name": "QR_STR_SCENE", "expire_seconds": expire_seconds}
        answer = self._post("qrcode/create", body)
        life = answer.get("expire_seconds")
        lives = life if isinstance(life, int) and expire_seconds is not None else None
        return QrCode(_string(answer, "ticket"), _string(answer, "url"), lives)

    def qr_image_url(self, ticket: str) -> str:
        """Where the platform shows the code as an image; needs no log-in."""
        return f"{self._origin or QR_HOST}/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"

    def user_info(self, openid: str) -> Follower:
        """Whether the openid follows, since when and by which scene (§5)."""
        answer = self._call("get", "user/info", params={"openid": openid, "lang": "zh_CN"})
        if answer.get("subscribe") != 1:
            return Follower(openid, follows=False)
        since = answer.get("subscribe_time")
        return Follower(
            openid,
            follows=True,
            followed_at=datetime.fromtimestamp(since, UTC) if isinstance(since, int) and since > 0 else None,
            unionid=str(answer.get("unionid") or ""),
            language=str(answer.get("language") or ""),
            scene=str(answer.get("qr_scene_str") or ""),
        )

    def create_menu(self, menu: Json) -> None:
        """Put up the account's menu: `{"button": […]}` as in §6."""
        self._post("menu/create", menu)

    def _send(self, message: Json) -> None:
        answer = self._post("message/custom/send", message)
        if answer.get("errcode") != 0:  # other codes have been raised; none at all is no promise
            raise BadAnswerError("no errcode in the answer")

    def _post(self, endpoint: str, body: Json) -> Json:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._call("post", endpoint, data=dict(body), headers=headers)

    def _call(self, method: str, endpoint: str, **kwargs: Any) -> Json:
        answer = self._api._request(method, endpoint, **kwargs)
        if not isinstance(answer, dict):  # wechatpy hands on what is not JSON as if all were well
            raise BadAnswerError("the answer is not JSON")
        return answer


def _decoded(response: requests.Response) -> Json:
    try:
        answer = response.json()
    except ValueError as error:
        raise BadAnswerError("the answer is not JSON") from error
    if not isinstance(answer, dict):
        raise BadAnswerError("the answer is not a JSON object")
    return answer


def _string(answer: Json, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswerError(f"no {name} in the answer")
    return value


def _rewind(files: Mapping[str, tuple[str, io.BytesIO]] | None) -> None:
    """A refused upload has been read to its end; sent again as it is, it would be empty (§10, row 3)."""
    for _, content in (files or {}).values():
        content.seek(0)
