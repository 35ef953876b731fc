"""The chat page, the pictures it shows, and the address that a QR code says."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from webhook.standin.wiring import Platform

_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def pages(platform: Platform) -> Blueprint:
    made = Blueprint("standin_pages", __name__)

    @made.get("/")
    def home() -> Response:
        page = Response(
            render_template("phone.html", shop_name=platform.config.shop_name), content_type="text/html"
        )
        page.headers["Content-Security-Policy"] = _CONTENT_POLICY
        page.headers["Cache-Control"] = "no-cache"
        return page

    @made.get("/q/<code>")
    def scanned(code: str) -> BaseResponse:
        """What a camera opens: the page asks who scans."""
        if platform.tickets.by_code(code) is None:
            return Response("没有这个二维码\n", 404, content_type="text/plain; charset=utf-8")
        return redirect(url_for("standin_pages.home", scan=code))

    @made.get("/standin/media/<media_id>")
    def media(media_id: str) -> Response:
        found = platform.media.kept(media_id)
        if found is None:
            return Response("", 404)
        answer = Response(found.content, content_type=found.content_type)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        return answer

    return made
