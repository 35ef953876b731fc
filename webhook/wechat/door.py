"""GET|POST /wechat: the platform's way in (wechat-protocol §1, features row A1).

Nothing that arrives here may end in a 5xx: the platform would show the member a failure notice and send the
push again. A wrong signature is 403, an unreadable body 400, a body too long 413; a failure behind the door
is a kind sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import structlog
from flask import Blueprint, Response, request

from bot import metrics
from bot.deliveries import APOLOGY
from bot.messages import Incoming, Reply
from bot.outreach.wechat.markup import render_text
from webhook.wechat.crypto import BadSignatureError, Envelope, Key, UndecipherableError, check_signature
from webhook.wechat.parse import Fields, MalformedError, Push, read_fields, read_push
from webhook.wechat.replies import NO_REPLY, text_reply

log = structlog.get_logger(__name__)

Mode = Literal["plain", "compatible", "safe"]
Answer = Callable[[Incoming], Reply]

BODY_LIMIT_BYTES = 64 * 1024
ECHO_LIMIT = 256


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class DoorConfig:
    """What the operator entered on the platform's page (docs/wechat.md).

    Encrypted pushes are read in every mode in which a key is set; `safe` accepts nothing else, so that a body
    can neither be read nor be made up by someone who only saw a signature.

    Raises:
        ValueError: no token, a mode that needs a key without one, or a key that is none.
    """

    app_id: str
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    previous_aes_key: str = field(default="", repr=False)
    mode: Mode = "safe"

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("the WeChat token is empty")
        if self.mode not in ("plain", "compatible", "safe"):
            raise ValueError("the WeChat mode must be plain, compatible or safe")
        if self.mode != "plain" and not (self.aes_key and self.app_id):
            raise ValueError(f"WeChat mode {self.mode} needs the app id and the EncodingAESKey")
        for key in (self.aes_key, self.previous_aes_key):
            if key:
                Key.from_encoding(key)


@dataclass(frozen=True)
class _Opened:
    """A push's plain fields, and the key to answer with (None: answer in plain)."""

    fields: Fields
    key: Key | None


class _Door:
    def __init__(self, config: DoorConfig, answer: Answer, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.answer = answer
        self.clock = clock
        self.envelope = None
        if config.aes_key:
            self.envelope = Envelope(config.app_id, config.token, config.aes_key, config.previous_aes_key)

    def verify(self) -> Response:
        """The platform checks the address when the operator saves it: echo its word, nothing around it."""
        self._check_signature()
        echo = request.args.get("echostr", "")
        if not echo or len(echo) > ECHO_LIMIT:
            raise MalformedError("echostr")
        return Response(echo, mimetype="text/plain")

    def receive(self) -> Response:
        self._check_signature()
        request.max_content_length = BODY_LIMIT_BYTES
        opened = self._open(read_fields(request.get_data()))
        push = read_push(opened.fields)
        if push.incoming is None:
            log.info("push of an unknown kind", message_type=opened.fields.get("MsgType"))
            return self._respond(push, Reply(""), opened.key, "unknown")
        reply, outcome = self._ask(push.incoming)
        return self._respond(push, reply, opened.key, outcome)

    def _check_signature(self) -> None:
        arguments = request.args
        given, timestamp, nonce = (arguments.get(name, "") for name in ("signature", "timestamp", "nonce"))
        check_signature(given, self.config.token, timestamp, nonce)

    def _open(self, fields: Fields) -> _Opened:
        encrypted = fields.get("Encrypt")
        if encrypted is None or (self.envelope is None and "MsgType" in fields):
            if self.config.mode == "safe":
                raise BadSignatureError("a plain body in safe mode")
            if request.args.get("encrypt_type") == "aes" and self.envelope is not None:
                raise MalformedError("no Encrypt")
            return _Opened(fields, None)
        if self.envelope is None or not isinstance(encrypted, str):
            raise MalformedError("Encrypt")
        opened = self.envelope.open(
            encrypted,
            timestamp=request.args.get("timestamp", ""),
            nonce=request.args.get("nonce", ""),
            msg_signature=request.args.get("msg_signature", ""),
        )
        return _Opened(read_fields(opened.xml), opened.key)

    def _ask(self, incoming: Incoming) -> tuple[Reply, str]:
        try:
            reply = self.answer(incoming)
        except Exception:
            log.exception("no answer to a push", key=incoming.key, kind=incoming.kind)
            return APOLOGY, "error"
        return reply, "replied" if reply.text or reply.choices else "silent"

    def _respond(self, push: Push, reply: Reply, key: Key | None, outcome: str) -> Response:
        metrics.MESSAGES.labels(push.name, outcome).inc()
        log.info("push answered", kind=push.name, outcome=outcome, openid=push.openid)
        text = render_text(reply)
        if not text:
            return Response(NO_REPLY, mimetype="text/plain")
        created_at = int(self.clock().timestamp())
        xml = text_reply(to_openid=push.openid, from_account=push.account, created_at=created_at, text=text)
        if key is not None and self.envelope is not None:
            nonce = request.args.get("nonce", "")
            xml = self.envelope.seal(xml, created_at=created_at, nonce=nonce, key=key)
        return Response(xml, content_type="application/xml; charset=utf-8")


def create_blueprint(config: DoorConfig, answer: Answer, clock: Callable[[], datetime] = _now) -> Blueprint:
    """The blueprint that serves GET|POST /wechat.

    Args:
        answer: one turn of the conversation, already guarded against duplicates (`bot.deliveries`). When it
            raises, the member reads a kind sentence and the error is logged.
        clock: for the replies' CreateTime.
    """
    blueprint = Blueprint("wechat", __name__)
    door = _Door(config, answer, clock)

    @blueprint.get("/wechat")
    def verify() -> Response:
        return door.verify()

    @blueprint.post("/wechat")
    def receive() -> Response:
        with metrics.ANSWER_SECONDS.time():
            return door.receive()

    @blueprint.errorhandler(BadSignatureError)
    def forbidden(_error: BadSignatureError) -> Response:
        return _refuse(403, "bad signature")

    @blueprint.errorhandler(MalformedError)
    @blueprint.errorhandler(UndecipherableError)
    def malformed(_error: Exception) -> Response:
        return _refuse(400, "malformed")

    return blueprint


def _refuse(status: int, reason: str) -> Response:
    metrics.MESSAGES.labels("refused", str(status)).inc()
    log.warning("push refused", status=status, reason=reason)
    return Response(reason, status=status, mimetype="text/plain")
