"""What the shop says by itself, as a list: queued, sent, dropped, and why. In the demo only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template
from sqlalchemy import Engine

from ledger.records import reminders
from ledger.records.reminders import ReminderRecord
from shop import words
from shop.model import Shop

PATH = "/standin/outreach"
SHOWN = 200
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_STATES = {"waiting": "等着发", "sent": "已发出", "dropped": "不发了"}
_MESSAGES = {
    "queued": "排队中",
    "sending": "正在发",
    "waiting": "等会员下次说话",
    "sent": "已送出",
    "failed": "没送到",
    "dropped": "不发了",
}
_CHANNELS = {
    "customer_service": "聊天",
    "template": "模板消息",
    "subscription": "订阅通知",
    "sms": "短信",
    "next_message": "下次说话时",
}
_CATEGORIES = {"service": "服务", "marketing": "营销"}


@dataclass(frozen=True)
class Line:
    """One reminder as the list shows it."""

    when: str
    who: str
    kind: str
    category: str
    state: str
    became: str
    text: str


def outreach_list(engine: Engine, shop: Shop) -> Blueprint:
    """The page; to be put into the stand-in's application, which serves loopback addresses only."""
    made = Blueprint("outreach_list", __name__)

    @made.get(PATH)
    def listed() -> Response:
        with engine.connect() as connection:
            found = reminders.newest(connection, limit=SHOWN)
        page = Response(
            render_template("outreach.html", shop=shop.name, lines=[line(shop, each) for each in found]),
            content_type="text/html; charset=utf-8",
        )
        page.headers["Content-Security-Policy"] = _POLICY
        page.headers["Cache-Control"] = "no-store"
        return page

    return made


def line(shop: Shop, record: ReminderRecord) -> Line:
    """A reminder in words."""
    return Line(
        when=_moment(shop, record.decided_at or record.due_at),
        who=f"{record.name}（{record.member_id}）",
        kind=f"{record.kind} · {record.campaign}" if record.campaign else record.kind,
        category=_CATEGORIES[record.category],
        state=_STATES[record.state],
        became=_became(record),
        text=record.text or record.reason,
    )


def _became(record: ReminderRecord) -> str:
    if record.state != "sent":
        return record.result
    channel = _CHANNELS.get(record.channel or "", "")
    return " · ".join(part for part in (_MESSAGES.get(record.message_state or "", ""), channel) if part)


def _moment(shop: Shop, at: datetime) -> str:
    return words.moment(at, shop.zone)
