"""/me: a link from the chat opens a session of half an hour; the page shows what that account may see."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from actions.house import Denied, House
from actions.membership import member_data, member_page
from bot.links import SESSION_SECONDS, MemberLinks
from webhook.me.shown import shown

COOKIE = "zhanggui_me"
HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def create_blueprint(house: House, links: MemberLinks, *, secure: bool) -> Blueprint:
    """The pages under /me.

    Args:
        secure: cookies over HTTPS only; False on a laptop.
    """
    pages = Blueprint("me", __name__, url_prefix="/me", template_folder="templates")

    @pages.get("/")
    def page() -> AnyResponse:
        return _with_card(house, links, lambda openid: _page(house, openid))

    @pages.get("/my-data.json")
    def copy() -> AnyResponse:
        return _with_card(house, links, lambda openid: _copy(house, openid))

    @pages.get("/<key>")
    def enter(key: str) -> AnyResponse:
        session = links.open_session(key)
        if session is None:
            return _closed(house)
        answer = redirect("/me/", code=303)
        answer.set_cookie(
            COOKIE, session, max_age=SESSION_SECONDS, httponly=True, secure=secure, samesite="Lax", path="/me"
        )
        return answer

    @pages.get("/brand.css")
    def brand() -> Response:
        return Response(f":root {{ --brand: {house.shop.brand_colour}; }}", mimetype="text/css")

    @pages.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(HERE / "static", name, max_age=3600)

    @pages.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return pages


def _with_card(house: House, links: MemberLinks, show: Callable[[str], AnyResponse]) -> AnyResponse:
    openid = links.who(request.cookies.get(COOKIE, ""))
    return show(openid) if openid else _closed(house)


def _page(house: House, openid: str) -> AnyResponse:
    found = member_page.read(
        house,
        openid=openid,
        start=_day(request.args.get("start", "")),
        end=_day(request.args.get("end", "")),
        before=request.args.get("before", type=int),
    )
    if isinstance(found, Denied):
        return _closed(house)
    return make_response(render_template("me/page.html", **shown(house, found)))


def _copy(house: House, openid: str) -> AnyResponse:
    """Everything kept about the member, as a file."""
    kept = member_data.export(house, openid=openid)
    if isinstance(kept, Denied):
        return _closed(house)
    answer = Response(
        json.dumps(kept, ensure_ascii=False, default=str, indent=1), mimetype="application/json"
    )
    answer.headers["Content-Disposition"] = "attachment; filename=my-data.json"
    return answer


def _closed(house: House) -> AnyResponse:
    return make_response(render_template("me/closed.html", shop=house.shop.name), 403)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
