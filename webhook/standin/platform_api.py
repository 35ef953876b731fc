"""The platform's HTTP API under /cgi-bin/, with its error codes and limits (wechat-protocol §2–§7, §11)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from webhook.standin import field_messages
from webhook.standin.assets import MAX_UPLOAD_BYTES, qr_png
from webhook.standin.chat import WireEntry
from webhook.standin.customer_messages import send_customer_message
from webhook.standin.errors import PlatformError
from webhook.standin.faults import FAULT_CODES, FaultKind
from webhook.standin.wiring import Platform

Payload = Mapping[str, object]
Handler = Callable[[], "Payload | Response"]

_CALLBACK_ADDRESSES = ("101.226.103.0/25", "127.0.0.1")
OK: Payload = {"errcode": 0, "errmsg": "ok"}


def read_json() -> dict[str, object]:
    """The body as JSON, whatever its Content-Type (usually none). PlatformError 44002, 47001."""
    raw = request.get_data()
    if not raw:
        raise PlatformError(44002)
    try:
        loaded = json.loads(raw)
        json.dumps(loaded, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise PlatformError(47001) from error
    if not isinstance(loaded, dict):
        raise PlatformError(47001)
    return loaded


class PlatformApi:
    """One method per endpoint; `_call` adds method, fault, token, quota and the wire log around it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def blueprint(self) -> Blueprint:
        made = Blueprint("platform_api", __name__)
        endpoints: dict[str, tuple[str, Handler]] = {
            "token": ("GET", self._token),
            "stable_token": ("POST", self._stable_token),
            "message/custom/send": ("POST", self._send),
            "message/template/send": ("POST", self._send_template),
            "message/subscribe/bizsend": ("POST", self._send_subscription),
            "user/info": ("GET", self._user_info),
            "menu/create": ("POST", self._menu_create),
            "menu/get": ("GET", self._menu_get),
            "menu/delete": ("GET", self._menu_delete),
            "qrcode/create": ("POST", self._qr_create),
            "media/upload": ("POST", self._media_upload),
            "media/get": ("GET", self._media_get),
            "clear_quota": ("POST", self._clear_quota),
            "getcallbackip": ("GET", self._callback_addresses),
        }
        for name, (method, handler) in endpoints.items():
            view = self._view(name, method, handler)
            made.add_url_rule(f"/cgi-bin/{name}", name.replace("/", "_"), view, methods=["GET", "POST"])
        made.add_url_rule("/cgi-bin/showqrcode", "showqrcode", self._show_qr)
        return made

    def _view(self, name: str, method: str, handler: Handler) -> Callable[[], Response]:
        def view() -> Response:
            started = time.monotonic()
            response = self._guarded(name, method, handler)
            self._log(name, response, round((time.monotonic() - started) * 1000))
            return response

        return view

    def _guarded(self, name: str, method: str, handler: Handler) -> Response:
        fault = self._platform.faults.take(name)
        if fault == "http_502":
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, content_type="text/html")
        if fault == "slow":
            time.sleep(self._platform.config.slow_seconds)
        try:
            answer = self._call(name, method, handler, fault)
        except PlatformError as error:
            answer = error.answer()
        if fault == "lost_answer":
            return Response("", 502)
        return answer if isinstance(answer, Response) else _json(answer)

    def _call(self, name: str, method: str, handler: Handler, fault: FaultKind | None) -> Payload | Response:
        if request.method != method:
            raise PlatformError(43002 if method == "POST" else 43001)
        if fault in FAULT_CODES:
            raise PlatformError(FAULT_CODES[str(fault)])
        if name not in ("token", "stable_token"):
            self._platform.tokens.check(request.args.get("access_token", ""))
            if name != "clear_quota":
                self._platform.quotas.use(name)
        return handler()

    def _token(self) -> Payload:
        if request.args.get("grant_type") != "client_credential":
            raise PlatformError(40002)
        return self._platform.tokens.classic(request.args.get("appid", ""), request.args.get("secret", ""))

    def _stable_token(self) -> Payload:
        body = read_json()
        if body.get("grant_type") != "client_credential":
            raise PlatformError(40002)
        return self._platform.tokens.stable(
            str(body.get("appid") or ""),
            str(body.get("secret") or ""),
            force=body.get("force_refresh") is True,
        )

    def _send(self) -> Payload:
        send_customer_message(self._platform, read_json())
        return OK

    def _send_template(self) -> Payload:
        return {**OK, "msgid": field_messages.send_template(self._platform, read_json())}

    def _send_subscription(self) -> Payload:
        field_messages.send_subscription(self._platform, read_json())
        return OK

    def _user_info(self) -> Payload:
        person = self._platform.people.find(request.args.get("openid", ""))
        if person is None:
            raise PlatformError(40003)
        if not person.follows:
            return {"subscribe": 0, "openid": person.openid}
        number = int(person.scene) if person.scene.isdecimal() else 0
        return {
            "subscribe": 1,
            "openid": person.openid,
            "language": request.args.get("lang", "zh_CN")[:10],
            "subscribe_time": person.subscribed_at,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": person.came_by,
            "qr_scene": number,
            "qr_scene_str": "" if number else person.scene,
        }

    def _menu_create(self) -> Payload:
        self._platform.menu.create(read_json())
        return OK

    def _menu_get(self) -> Payload:
        buttons = self._platform.menu.buttons()
        if not buttons:
            raise PlatformError(46003)
        return {"menu": {"button": buttons}}

    def _menu_delete(self) -> Payload:
        self._platform.menu.delete()
        return OK

    def _qr_create(self) -> Payload:
        body = read_json()
        info = body.get("action_info")
        scene = info.get("scene") if isinstance(info, dict) else None
        if not isinstance(scene, dict):
            raise PlatformError(40053)
        ticket = self._platform.tickets.create(
            str(body.get("action_name") or ""),
            scene.get("scene_id"),
            scene.get("scene_str"),
            body.get("expire_seconds"),
        )
        answer: dict[str, object] = {"ticket": ticket.ticket, "url": self._platform.tickets.url(ticket)}
        if ticket.expires_at is not None:
            answer["expire_seconds"] = ticket.expires_at - self._platform.clock.timestamp()
        return answer

    def _show_qr(self) -> Response:
        """The picture of a ticket; no token needed, 404 for a bad one (§5.1)."""
        ticket = self._platform.tickets.by_ticket(request.args.get("ticket", ""))
        if ticket is None:
            return Response("", 404)
        return Response(qr_png(self._platform.tickets.url(ticket)), content_type="image/png")

    def _media_upload(self) -> Payload:
        file = request.files.get("media")
        if file is None:
            raise PlatformError(41005)
        media = self._platform.media.upload(
            request.args.get("type", ""), file.stream.read(MAX_UPLOAD_BYTES + 1)
        )
        name = "thumb_media_id" if media.kind == "thumb" else "media_id"
        return {"type": media.kind, name: media.media_id, "created_at": media.created_at}

    def _media_get(self) -> Response:
        media = self._platform.media.usable(request.args.get("media_id", ""))
        answer = Response(media.content, content_type=media.content_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="{media.media_id[:20]}"'
        return answer

    def _clear_quota(self) -> Payload:
        if read_json().get("appid") != self._platform.config.app_id:
            raise PlatformError(40013)
        self._platform.quotas.clear()
        return OK

    def _callback_addresses(self) -> Payload:
        return {"ip_list": list(_CALLBACK_ADDRESSES)}

    def _log(self, name: str, response: Response, milliseconds: int) -> None:
        uploaded = request.content_type is not None and request.content_type.startswith("multipart/")
        sent = "" if uploaded else request.get_data(as_text=True)
        text = (
            response.get_data(as_text=True) if response.mimetype in ("application/json", "text/html") else ""
        )
        openid, summary = _told(sent)
        self._platform.wire.add(
            WireEntry(
                direction="api",
                kind=name,
                openid=openid,
                summary=summary,
                verdict=_verdict(response, text),
                status=response.status_code,
                milliseconds=milliseconds,
                url=request.url,
                request_plain="（上传的文件）" if uploaded else sent,
                response_plain=text or f"（{response.mimetype}，{response.content_length or 0} 字节）",
            )
        )


def _json(payload: Payload) -> Response:
    return Response(json.dumps(payload, ensure_ascii=False), content_type="application/json; encoding=utf-8")


def _told(sent: str) -> tuple[str, str]:
    """The recipient and the words of a customer message, for the wire log's line."""
    try:
        body = json.loads(sent) if sent else {}
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    text = body.get("text")
    words = text.get("content") if isinstance(text, dict) else body.get("action_name") or body.get("msgtype")
    return str(body.get("touser") or "")[:64], str(words or "")[:200]


def _verdict(response: Response, text: str) -> str:
    if response.status_code != 200:
        return f"HTTP {response.status_code}"
    try:
        code = json.loads(text).get("errcode", 0) if text else 0
    except (ValueError, AttributeError):
        code = 0
    return f"errcode {code}" if code else "ok"
