"""A campaign goes only where its owner lets it (row E5)."""

from __future__ import annotations

from datetime import timedelta

from campaign_support import Town, shop_with
from sqlalchemy import Engine

from actions import campaigns
from actions.reminders import sending
from bot.outreach.channels.channel import Look
from bot.outreach.router import Router, Waits, Went
from ledger.records import messages
from ledger.records.messages import OutgoingMessage

RULE = (
    "- {id: day, name: 会员日, text: 今天会员日, channels: [%s], held_out_percent: 0,"
    " trigger: {on: member_day, when: {month_days: [20]}}}"
)


class Way:
    """A channel that may always send; keeps what it sent."""

    def __init__(self, name: str, price_fen: int) -> None:
        self.name, self.price_fen = name, price_fen
        self.sent: list[str] = []

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:
        return None

    def send(self, message: OutgoingMessage) -> bool:
        self.sent.append(message.text)
        return True

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: object) -> bool:
        return False


def routed(engine: Engine, channels: str, *ways: Way) -> Went | Waits:
    town = Town(engine, shop_with(RULE % channels))
    town.joins()
    campaigns.sweep(town.house)
    town.now += timedelta(hours=1)
    assert sending.send_due(town.house) == 1
    with engine.begin() as connection:
        message_id = town.all("SELECT id FROM message")[0][0]
        message = messages.claim_for_sending(connection, message_id, town.now)
    assert message is not None
    return Router(engine, ways, lambda: town.now).send(message)


def test_only_where_the_owner_lets_it(engine: Engine) -> None:
    chat, short = Way("customer_service", 0), Way("subscription", 0)
    went = routed(engine, "subscription", chat, short)
    assert went == Went("subscription")
    assert (chat.sent, short.sent) == ([], ["今天会员日"])


def test_it_waits_where_no_channel_is_left(engine: Engine) -> None:
    waits = routed(engine, "chat", Way("sms", 5))
    assert waits == Waits("sms: not a channel of this campaign")
