"""What the shop says by itself, as a list: queued, waiting, sent, dropped, and why. In the demo only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template
from sqlalchemy import Engine

from ledger.reports import spoken
from ledger.reports.spoken import Spoken
from shop import words
from shop.model import Shop, UnknownIdError
from webhook.outreach_words import CHANNELS, KINDS, is_failure, reason

PATH = "/standin/outreach"
SHOWN = 200
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_STATES = {
    "planned": "等着发",
    "queued": "排队中",
    "sending": "正在发",
    "waiting": "等会员说话",
    "sent": "已送出",
    "failed": "没送到",
    "dropped": "不发了",
}
_CATEGORIES = {"service": "服务", "marketing": "营销"}


@dataclass(frozen=True)
class Line:
    """One message as the list shows it; `mark` is its state's name for the style sheet."""

    when: str
    who: str
    kind: str
    category: str
    mark: str
    state: str
    became: str
    text: str


def outreach_list(engine: Engine, shop: Shop) -> Blueprint:
    """The page; to be put into the stand-in's application, which serves loopback addresses only."""
    made = Blueprint("outreach_list", __name__)

    @made.get(PATH)
    def listed() -> Response:
        with engine.connect() as connection:
            found = spoken.newest(connection, limit=SHOWN)
        counts = Counter(each.state for each in found)
        page = Response(
            render_template(
                "outreach.html",
                shop=shop.name,
                lines=[line(shop, each) for each in found],
                counts=[(mark, name, counts[mark]) for mark, name in _STATES.items() if counts[mark]],
            ),
            content_type="text/html; charset=utf-8",
        )
        page.headers["Content-Security-Policy"] = _POLICY
        page.headers["Cache-Control"] = "no-store"
        return page

    return made


def line(shop: Shop, message: Spoken) -> Line:
    """A message in words."""
    return Line(
        when=_moment(shop, message.at),
        who=f"{message.name}（{message.member_id}）" if message.member_id is not None else "店员或未入会",
        kind=_kind(shop, message),
        category=_CATEGORIES[message.category],
        mark=message.state,
        state=_STATES[message.state],
        became=_became(message),
        text=message.text,
    )


def _kind(shop: Shop, message: Spoken) -> str:
    if message.campaign is None:
        return KINDS.get(message.kind, message.kind)
    try:
        return f"活动 · {shop.campaign(message.campaign).name}"
    except UnknownIdError:
        return f"活动 · {message.campaign}"


def _became(message: Spoken) -> str:
    """By which way it went, or why it did not."""
    if message.state == "sent":
        return CHANNELS.get(message.channel or "", "")
    why = reason(message.why)
    if message.state == "queued" and is_failure(message.why):
        return f"{why} · 试过 {message.tries} 次"
    return why


def _moment(shop: Shop, at: datetime) -> str:
    return words.moment(at, shop.zone)
