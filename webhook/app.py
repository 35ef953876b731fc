"""The web application: doors side by side, and what all of them share.

`bot.bootstrap` makes the parts; this module only puts them together.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from bot.messages import Incoming, Reply
from webhook import health
from webhook.wechat import door

log = structlog.get_logger(__name__)

REQUEST_LIMIT_BYTES = 1024 * 1024
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class WebParts:
    """What the web application is made of.

    Attributes:
        door: the account's values from the platform's page.
        answer: one turn, guarded against duplicates.
        readiness: part → "ok", "degraded: why", or what is wrong.
        blueprints: further doors (console, member pages); each may set its own security headers.
    """

    door: door.DoorConfig
    answer: Callable[[Incoming], Reply]
    readiness: Callable[[], Mapping[str, str]]
    blueprints: tuple[Blueprint, ...] = ()


def create_app(parts: WebParts) -> Flask:
    """The WSGI application: /wechat, /healthz, /readyz, /metrics and the given further doors."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=REQUEST_LIMIT_BYTES, MAX_FORM_PARTS=200, DEBUG=False)
    app.register_blueprint(door.create_blueprint(parts.door, parts.answer))
    app.register_blueprint(health.create_blueprint(parts.readiness))
    for blueprint in parts.blueprints:
        app.register_blueprint(blueprint)
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(HTTPException, _refusal)
    app.register_error_handler(Exception, _failure)
    return app


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refusal(error: HTTPException) -> Response:
    plain = Response(f"{error.code} {error.name}\n", error.code or 500, mimetype="text/plain")
    for name, value in error.get_headers():  # 405 names the methods that are allowed
        if name.lower() not in ("content-type", "content-length"):
            plain.headers[name] = value
    return plain


def _failure(_error: Exception) -> Response:
    log.exception("a request failed", method=request.method, path=request.path)
    text = f"500 something went wrong; request {g.get('request_id', '')}\n"
    return Response(text, 500, mimetype="text/plain")
