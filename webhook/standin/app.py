"""The stand-in as a Flask application: the platform's API, the stand-in's own API and the chat page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from webhook.standin.clock import real_now
from webhook.standin.config import StandInConfig, StandInRefusedError
from webhook.standin.json_api import JsonApi
from webhook.standin.pages import pages
from webhook.standin.platform_api import PlatformApi
from webhook.standin.sms import sms_pages
from webhook.standin.status import StatusProbe
from webhook.standin.wiring import Platform

__all__ = ["StandIn", "StandInConfig", "StandInRefusedError", "create_app"]

MAX_BODY_BYTES = 12 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


class StandIn(Flask):
    """The stand-in's application; `platform` holds its parts, `close()` stops its threads."""

    platform: Platform

    def close(self) -> None:
        self.platform.close()


def create_app(config: StandInConfig, real: Callable[[], datetime] = real_now) -> StandIn:
    """Build the stand-in and start its push threads.

    Args:
        config: see StandInConfig; StandInRefusedError when it must not start.
        real: the clock that the movable clock is an offset to.
    """
    config.check()
    app = StandIn(
        __name__, static_folder="static", static_url_path="/standin/static", template_folder="templates"
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json = _PlainJson(app)
    app.platform = Platform(config, real)
    hosts = (*_LOOPBACK, urlsplit(config.public_origin).hostname or "", *config.allowed_hosts)
    app.before_request(lambda: _refuse_strangers(hosts))
    app.after_request(_harden)
    app.register_blueprint(PlatformApi(app.platform).blueprint())
    app.register_blueprint(JsonApi(app.platform, StatusProbe(config.status_url)).blueprint())
    app.register_blueprint(pages(app.platform))
    app.register_blueprint(sms_pages(app.platform.clock.now))
    return app


class _PlainJson(DefaultJSONProvider):
    ensure_ascii = False  # Chinese stays readable with curl


def _refuse_strangers(hosts: Sequence[str]) -> Response | None:
    """403 for a foreign Host header (DNS rebinding) and for writes that another site's page sends."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in hosts:
        return Response("this address is not served\n", 403, content_type="text/plain")
    origin = request.headers.get("Origin")
    if origin and request.path.startswith("/standin/") and urlsplit(origin).netloc != request.host:
        return Response("requests from other sites are refused\n", 403, content_type="text/plain")
    return None


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    return response
