"""Which way a message goes, and what each of the platform's answers leads to (rows E1, E5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from booking_support import SHOP, START
from sqlalchemy import Engine, text
from wechatpy.exceptions import WeChatClientException

from bot.outreach.channels.customer_service import CustomerService
from bot.outreach.channels.subscription import Subscriptions
from bot.outreach.channels.template import Templates
from bot.outreach.queue import release_waiting
from bot.outreach.router import Router
from bot.outreach.sending import OutreachContext, deliver
from ledger.records import consents, contacts, messages
from shop.model import ReminderTemplate

OPENID = "oROUTED_000000000000000001"
TEMPLATES = (
    ReminderTemplate(
        kind="booking_soon", template_id="TPL", fields={"thing1": "{service}", "time2": "{time}"}
    ),
    ReminderTemplate(
        kind="booking_soon", channel="subscription", template_id="SUB", fields={"thing1": "{service}"}
    ),
    ReminderTemplate(
        kind="coupon_expiring", channel="subscription", template_id="OFF", fields={"thing1": "{what}"}
    ),
    ReminderTemplate(kind="coupon_expiring", template_id="ADS", fields={"thing1": "{what}"}),
)


class Phone:
    """WeChat's three ways to a phone: keeps what arrived, or refuses as told."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, object]] = []
        self.refusals: dict[str, int] = {}
        self.ids: list[str] = []

    def _arrive(self, way: str, what: object) -> None:
        if way in self.refusals:
            raise WeChatClientException(self.refusals[way], "refused")
        self.arrived.append((way, what))

    def send_text(self, openid: str, text: str) -> None:
        assert openid == OPENID
        self._arrive("text", text)

    def send_template(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, message_id: str, url: str = ""
    ) -> int:
        self.ids.append(message_id)
        self._arrive("template", (template_id, dict(fields)))
        return 2**62 + len(self.ids)

    def send_subscription(self, openid: str, template_id: str, fields: Mapping[str, str]) -> None:
        self._arrive("subscription", (template_id, dict(fields)))


class Post:
    """An outbox with all channels."""

    def __init__(self, engine: Engine) -> None:
        self.now = START
        self.engine = engine
        self.phone = Phone()
        rules = SHOP.reminders.model_copy(update={"templates": TEMPLATES})
        shop = SHOP.model_copy(update={"reminders": rules})
        self.channels = (
            CustomerService(engine, self.phone),
            Templates(shop, self.phone),
            Subscriptions(engine, shop, self.phone, lambda: self.now),
        )
        router = Router(engine, self.channels, lambda: self.now)
        self.context = OutreachContext(engine, self.phone, lambda: self.now, router=router)
        self.ids: list[int] = []

    def wrote(self, *, count: int = 5, hours: float = 48) -> None:
        with self.engine.begin() as connection:
            contacts.open_window(
                connection,
                openid=OPENID,
                at=self.now,
                messages=count,
                until=self.now + timedelta(hours=hours),
            )

    def silent(self) -> None:
        """Follows, and wrote days ago."""
        self.wrote()
        self.now += timedelta(days=3)

    def allowed(self, template_id: str, key: str = "a") -> None:
        with self.engine.begin() as connection:
            consents.note(
                connection, key=key, openid=OPENID, template_id=template_id, what="accept", at=self.now
            )

    def credits(self, template_id: str) -> int:
        with self.engine.connect() as connection:
            return consents.left(connection, OPENID, template_id)

    def put(self, kind: str = "booking_soon", category: str = "service", **detail: str) -> int:
        said = detail or {"service": "面护", "time": "2026年11月24日 15:00", "what": "满减券"}
        with self.engine.begin() as connection:
            message_id = messages.enqueue(
                connection,
                key=f"k{len(self.ids)}",
                openid=OPENID,
                member_id=None,
                kind=kind,
                text="您约的面护快到了",
                due_at=self.now,
                created_at=self.now,
            )
            assert message_id is not None
            messages.describe(connection, message_id, category=category, detail=said)
        self.ids.append(message_id)
        return message_id

    def state(self, message_id: int) -> tuple[str, str | None]:
        with self.engine.connect() as connection:
            query = text("SELECT state, channel FROM message WHERE id = :id")
            row = connection.execute(query, {"id": message_id}).one()
            return row.state, row.channel

    def send(self, message_id: int) -> str:
        return deliver(self.context, message_id)


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


def test_who_wrote_lately_is_answered_in_the_chat(post: Post) -> None:
    post.wrote()
    assert post.send(message_id := post.put()) == "sent"
    assert post.state(message_id) == ("sent", "customer_service")
    assert post.phone.arrived == [("text", "您约的面护快到了")]


def test_the_windows_room_is_counted_and_then_another_way_is_taken(post: Post) -> None:
    post.wrote()
    ways = []
    for _ in range(6):
        message_id = post.put()
        post.send(message_id)
        ways.append(post.state(message_id)[1])
    assert ways == ["customer_service"] * 5 + ["template"]


def test_a_tap_opens_three_messages_for_a_minute(post: Post) -> None:
    post.wrote(count=3, hours=1 / 60)
    post.now += timedelta(seconds=61)
    assert post.send(message_id := post.put()) == "sent"
    assert post.state(message_id) == ("sent", "template")


def test_a_service_notice_reaches_a_silent_follower_by_template_in_its_fields(post: Post) -> None:
    post.silent()
    long = "面部深层清洁补水修护抗衰美白亮肤豪华护理套餐"
    message_id = post.put(service=long, time="2026年11月24日 15:00")
    assert post.send(message_id) == "sent"
    fields = {"thing1": long[:19] + "…", "time2": "2026年11月24日 15:00"}
    assert post.phone.arrived == [("template", ("TPL", fields))]
    assert post.phone.ids == [f"zg-{message_id}"]


def test_marketing_never_goes_as_a_template_message(post: Post) -> None:
    post.silent()
    message_id = post.put("coupon_expiring", "marketing")
    assert post.send(message_id) == "waiting"
    assert post.state(message_id) == ("waiting", "next_message")
    assert post.phone.arrived == []


def test_a_consent_carries_one_notification_and_no_more(post: Post) -> None:
    post.silent()
    post.allowed("OFF")
    first, second = post.put("coupon_expiring", "marketing"), post.put("coupon_expiring", "marketing")
    assert [post.send(first), post.send(second)] == ["sent", "waiting"]
    assert post.state(first) == ("sent", "subscription")
    assert post.credits("OFF") == 0


def test_a_consent_is_given_back_when_the_call_fails(post: Post) -> None:
    post.silent()
    post.allowed("OFF")
    post.phone.refusals["subscription"] = -1
    message_id = post.put("coupon_expiring", "marketing")
    assert post.send(message_id) == "retry"
    assert post.credits("OFF") == 1


def test_the_platform_knows_better_how_many_consents_there_are(post: Post) -> None:
    post.silent()
    post.allowed("OFF", "a")
    post.allowed("OFF", "b")
    post.phone.refusals["subscription"] = 43101
    assert post.send(post.put("coupon_expiring", "marketing")) == "waiting"
    assert post.credits("OFF") == 0


def test_answers_to_the_question_are_counted_once_and_a_refusal_ends_them(post: Post) -> None:
    post.allowed("OFF", "a")
    post.allowed("OFF", "a")
    post.allowed("OFF", "b")
    assert post.credits("OFF") == 2
    with post.engine.begin() as connection:
        consents.note(connection, key="no", openid=OPENID, template_id="OFF", what="reject", at=post.now)
    assert post.credits("OFF") == 0


@pytest.mark.parametrize("code", [45015, 45047, 48002])
def test_a_window_that_the_platform_calls_closed_is_left_for_another_way(post: Post, code: int) -> None:
    post.wrote()
    post.phone.refusals["text"] = code
    assert post.send(message_id := post.put()) == "sent"
    assert post.state(message_id) == ("sent", "template")
    post.phone.refusals.clear()
    assert post.send(again := post.put()) == "sent"
    assert post.state(again) == ("sent", "template")  # it is not asked again before the next word


@pytest.mark.parametrize("code", [40036, 40037, 43107, 43116, 47003, 48001, 48004, 45009])
def test_a_template_that_is_refused_gives_way_to_a_subscription(post: Post, code: int) -> None:
    post.silent()
    post.allowed("SUB")
    post.phone.refusals["template"] = code
    assert post.send(message_id := post.put()) == "sent"
    assert post.state(message_id) == ("sent", "subscription")


def test_what_was_delivered_before_is_delivered(post: Post) -> None:
    post.silent()
    post.phone.refusals["template"] = 40258
    assert post.send(message_id := post.put()) == "sent"
    assert post.state(message_id)[0] == "sent"


@pytest.mark.parametrize("code", [43004, 50005])
def test_who_left_is_noted_and_not_tried_by_template_again(post: Post, code: int) -> None:
    post.silent()
    post.phone.refusals["template"] = code
    assert post.send(post.put()) == "failed"
    with post.engine.connect() as connection:
        contact = contacts.by_openid(connection, OPENID)
    assert contact is not None
    assert not contact.following
    assert post.send(post.put()) == "waiting"


def test_without_any_way_it_is_told_at_the_next_message(post: Post) -> None:
    post.silent()
    message_id = post.put("receipt")
    assert post.send(message_id) == "waiting"
    assert post.send(message_id) == "gone"
    post.wrote()
    with post.engine.begin() as connection:
        assert release_waiting(connection, OPENID, now=post.now) == 1
    assert post.send(message_id) == "sent"
    assert post.state(message_id) == ("sent", "customer_service")


def test_a_refusal_closes_a_window_that_was_never_noted(post: Post) -> None:
    with post.engine.begin() as connection:
        contacts.follow(connection, openid=OPENID, at=post.now)
    post.phone.refusals["text"] = 45015
    assert post.send(message_id := post.put("receipt")) == "waiting"
    assert post.state(message_id) == ("waiting", "next_message")
    assert post.send(message_id) == "gone"


def test_who_was_never_seen_is_tried_in_the_chat(post: Post) -> None:
    assert post.send(message_id := post.put("receipt")) == "sent"
    assert post.state(message_id) == ("sent", "customer_service")


def test_a_template_without_all_its_parts_is_not_sent_half(post: Post) -> None:
    post.silent()
    assert post.send(post.put(service="面护")) == "waiting"
    assert post.phone.arrived == []
