"""What a person can do on the phone; each act becomes a push (wechat-protocol §1.3), most also a bubble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webhook.standin.assets import Media, Ticket
from webhook.standin.chat import Json
from webhook.standin.field_messages import add_consent
from webhook.standin.menu import MENU_TAPS_THAT_OPEN_A_WINDOW, Button
from webhook.standin.people import FOLLOW, MENU_TAP, MESSAGE, SCAN, Person, Trigger
from webhook.standin.push import Push
from webhook.standin.wiring import Platform
from webhook.standin.xmlwire import BadReplyError, XmlValue, printable, read_fields, text_of, to_xml

FIRST_MESSAGE_ID = 24_700_000_000_000_001
EVENT_ARTICLES = 8


class ActError(ValueError):
    """Something this person cannot do now; the message says why."""


@dataclass(frozen=True)
class Delivery:
    """How an act is to be delivered: `twice` at the same instant, `after_next` = out of order."""

    twice: bool = False
    after_next: bool = False


ONCE = Delivery()


class Acts:
    """The person's side of the phone. Every method returns the push it queued."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def say(self, person: Person, text: str, delivery: Delivery = ONCE) -> Push:
        """Type a text and send it."""
        text = printable(text)
        return self._message(person, "text", {"Content": text}, text, {"text": text}, delivery=delivery)

    def tap_choice(self, person: Person, text: str, choice_id: str, delivery: Delivery = ONCE) -> Push:
        """Tap a choice of a reply: its words are sent, with its id; it counts as a menu tap (§4.1)."""
        text = printable(text)
        fields = {"Content": text, "bizmsgmenuid": choice_id}
        return self._message(
            person, "text", fields, text, {"text": text}, delivery=delivery, trigger=MENU_TAP
        )

    def voice(
        self, person: Person, media: Media, seconds: int, recognition: str, delivery: Delivery = ONCE
    ) -> Push:
        """Send a voice message; recognition is empty on today's platform (§1.3.1) unless a test fills it."""
        fields: Mapping[str, XmlValue] = {
            "MediaId": media.media_id,
            "Format": "amr",
            "Recognition": printable(recognition),
        }
        body: Mapping[str, Json] = {"seconds": seconds, "text": recognition}
        return self._message(
            person, "voice", fields, recognition or f"[语音 {seconds} 秒]", body, delivery=delivery
        )

    def image(self, person: Person, media: Media, delivery: Delivery = ONCE) -> Push:
        url = f"{self._platform.config.public_origin.rstrip('/')}/standin/media/{media.media_id}"
        fields = {"PicUrl": url, "MediaId": media.media_id}
        return self._message(
            person, "image", fields, "[图片]", {"media_id": media.media_id}, delivery=delivery
        )

    def location(
        self, person: Person, latitude: float, longitude: float, label: str, delivery: Delivery = ONCE
    ) -> Push:
        """Send a place: degrees, and the address in words."""
        fields: Mapping[str, XmlValue] = {
            "Location_X": round(latitude, 6),
            "Location_Y": round(longitude, 6),
            "Scale": 16,
            "Label": label,
        }
        body: Mapping[str, Json] = {"latitude": latitude, "longitude": longitude, "text": label}
        return self._message(person, "location", fields, f"[位置] {label}", body, delivery=delivery)

    def link(self, person: Person, title: str, description: str, url: str, delivery: Delivery = ONCE) -> Push:
        fields = {"Title": title, "Description": description, "Url": url}
        body = {"articles": [{"title": title, "description": description, "url": url, "picture_url": ""}]}
        return self._message(person, "link", fields, f"[链接] {title}", body, delivery=delivery)

    def follow(self, person: Person, ticket: Ticket | None = None, delivery: Delivery = ONCE) -> Push:
        """Follow the account, by search or by a QR code."""
        if person.follows:
            raise ActError("already follows")
        scene = ticket.scene if ticket else ""
        self._platform.people.follow(person.openid, scene=scene, by_code=ticket is not None)
        self._platform.people.allow(person.openid, FOLLOW)
        self._platform.chat.add(person.openid, "system", "event", {"text": "你已关注公众号"})
        fields = {"Event": "subscribe", "EventKey": f"qrscene_{scene}" if ticket else ""}
        if ticket:
            fields["Ticket"] = ticket.ticket
        return self._event(person, fields, f"扫码 {scene}" if ticket else "", delivery)

    def consent(self, person: Person, template_id: str, *, accepts: bool, delivery: Delivery = ONCE) -> Push:
        """Answer WeChat's question whether a subscription notification may come (§4.3)."""
        add_consent(self._platform, person, template_id, accepts=accepts)
        status = "accept" if accepts else "reject"
        entry: dict[str, XmlValue] = {
            "TemplateId": template_id,
            "SubscribeStatusString": status,
            "PopupScene": 1,
        }
        fields: dict[str, XmlValue] = {
            "Event": "subscribe_msg_popup_event",
            "SubscribeMsgPopupEvent": {"List": entry},
        }
        return self._event(person, fields, f"{template_id} {status}", delivery, shows=False)

    def unfollow(self, person: Person, delivery: Delivery = ONCE) -> Push:
        self._must_follow(person)
        self._platform.people.unfollow(person.openid)
        self._platform.chat.add(person.openid, "system", "event", {"text": "你已取消关注"})
        return self._event(person, {"Event": "unsubscribe", "EventKey": ""}, "", delivery, shows=False)

    def scan(self, person: Person, ticket: Ticket, delivery: Delivery = ONCE) -> Push:
        """Scan a QR code: SCAN for a follower, else the person follows through it."""
        if not self._platform.tickets.alive(ticket):
            raise ActError("this QR code has expired")
        if not person.follows:
            return self.follow(person, ticket, delivery)
        self._platform.people.allow(person.openid, SCAN)
        fields = {"Event": "SCAN", "EventKey": ticket.scene, "Ticket": ticket.ticket}
        return self._event(person, fields, ticket.scene, delivery)

    def tap_menu(self, person: Person, button: Button, scanned: str = "", delivery: Delivery = ONCE) -> Push:
        """Tap a menu button. `scanned` is what the camera read, for the two scancode kinds."""
        self._must_follow(person)
        kind, name = str(button.get("type", "")), str(button.get("name", ""))
        event = "VIEW" if kind == "view" else "CLICK" if kind == "click" else kind
        if kind == "miniprogram":
            event = "view_miniprogram"
        key = str(button.get("key") or button.get("url") or "")
        fields: dict[str, XmlValue] = {"Event": event, "EventKey": key}
        if kind == "view":
            fields["MenuId"] = 1
        if kind.startswith("scancode"):
            fields["ScanCodeInfo"] = {"ScanType": "qrcode", "ScanResult": printable(scanned)}
        if kind in MENU_TAPS_THAT_OPEN_A_WINDOW:
            self._platform.people.allow(person.openid, MENU_TAP)
        return self._event(person, fields, name, delivery, shows=kind not in ("view", "miniprogram"))

    def raw(self, person: Person, xml: str, delivery: Delivery = ONCE) -> Push:
        """Push any text as the body, well-formed or not, signed and encrypted like the others."""
        kind = "raw"
        try:
            fields = read_fields(xml)
            kind = text_of(fields, "Event") or text_of(fields, "MsgType") or kind
        except BadReplyError:
            pass
        return self._queue(Push(person.openid, xml, kind[:40], "原样推送"), delivery)

    def _message(
        self,
        person: Person,
        kind: str,
        fields: Mapping[str, XmlValue],
        summary: str,
        body: Mapping[str, Json],
        *,
        delivery: Delivery,
        trigger: Trigger = MESSAGE,
    ) -> Push:
        self._must_follow(person)
        platform = self._platform
        with platform.database.transaction():
            platform.chat.add(person.openid, "person", kind, body)
            platform.people.allow(person.openid, trigger)
            message_id = platform.database.next_number("message_id", FIRST_MESSAGE_ID)
        xml = to_xml({**self._head(person, kind), **fields, "MsgId": message_id})
        return self._queue(Push(person.openid, xml, kind, summary[:200]), delivery)

    def _event(
        self,
        person: Person,
        fields: Mapping[str, XmlValue],
        summary: str,
        delivery: Delivery,
        *,
        shows: bool = True,
    ) -> Push:
        xml = to_xml({**self._head(person, "event"), **fields})
        kind = str(fields["Event"])
        push = Push(person.openid, xml, kind, summary[:200], shows=shows, articles_allowed=EVENT_ARTICLES)
        return self._queue(push, delivery)

    def _head(self, person: Person, kind: str) -> dict[str, XmlValue]:
        return {
            "ToUserName": self._platform.config.gh_id,
            "FromUserName": person.openid,
            "CreateTime": self._platform.clock.timestamp(),
            "MsgType": kind,
        }

    def _queue(self, push: Push, delivery: Delivery) -> Push:
        push.twice, push.after_next = delivery.twice, delivery.after_next
        self._platform.pusher.submit(push)
        return push

    def _must_follow(self, person: Person) -> None:
        if not person.follows:
            raise ActError("does not follow the account")
