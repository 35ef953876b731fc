"""The part of the stand-in's API that plays a person: /standin/api/people/<openid>/say and its like."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from webhook.standin.acts import ActError, Acts, Delivery
from webhook.standin.assets import MAX_UPLOAD_BYTES, Ticket
from webhook.standin.body import MAX_TEXT, BadRequestError, Body, NotFoundError
from webhook.standin.chat import FAILURE_NOTICE, Json
from webhook.standin.menu import Button
from webhook.standin.people import Person
from webhook.standin.push import Answer, Push, PushOutcome
from webhook.standin.samples import sample_picture, silent_voice
from webhook.standin.wiring import Platform
from webhook.standin.xmlwire import printable

_WAIT_SECONDS = 60.0


class JsonActs:
    """One route per act. `wait`: answer when the product has; `twice`, `after_next`: see Delivery."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._acts = Acts(platform)

    def add_to(self, blueprint: Blueprint) -> None:
        acts: tuple[Callable[[str], Response], ...] = (
            self.say,
            self.choice,
            self.voice,
            self.image,
            self.location,
            self.link,
            self.menu,
            self.follow,
            self.unfollow,
            self.consent,
            self.scan,
            self.push,
        )
        for act in acts:
            name = act.__name__
            blueprint.add_url_rule(f"/people/<openid>/{name}", f"act_{name}", act, methods=["POST"])

    def say(self, openid: str) -> Response:
        body = Body()
        text = body.text("text", limit=MAX_TEXT)
        if not printable(text).strip():
            raise BadRequestError("text is empty")
        return self._sent(self._acts.say(self._person(openid), text, _delivery(body)), body)

    def choice(self, openid: str) -> Response:
        body = Body()
        text, choice_id = body.text("text", limit=2000), body.text("id", "")
        if not text.strip():
            raise BadRequestError("text is empty")
        return self._sent(self._acts.tap_choice(self._person(openid), text, choice_id, _delivery(body)), body)

    def voice(self, openid: str) -> Response:
        body = Body()
        seconds = body.whole("seconds", 1, 60, default=3)
        person = self._person(openid)
        media = self._platform.media.upload("voice", silent_voice(seconds))
        push = self._acts.voice(
            person, media, seconds, body.text("recognition", "", limit=2000), _delivery(body)
        )
        return self._sent(push, body)

    def image(self, openid: str) -> Response:
        """A picture of its own (multipart field `media`), or the sample picture."""
        person = self._person(openid)
        file = request.files.get("media")
        content = file.stream.read(MAX_UPLOAD_BYTES + 1) if file else sample_picture(person.name)
        media = self._platform.media.upload("image", content)
        if file:
            return self._answered(self._acts.image(person, media), request.form.get("wait") == "true")
        body = Body()
        return self._sent(self._acts.image(person, media, _delivery(body)), body)

    def location(self, openid: str) -> Response:
        body = Body()
        latitude, longitude = body.number("latitude", -90, 90), body.number("longitude", -180, 180)
        label = body.text("label", "")
        return self._sent(
            self._acts.location(self._person(openid), latitude, longitude, label, _delivery(body)), body
        )

    def link(self, openid: str) -> Response:
        body = Body()
        url = body.text("url", limit=1000)
        if urlsplit(url).scheme not in ("http", "https"):
            raise BadRequestError("url must be an http or https address")
        title, description = body.text("title"), body.text("description", "", limit=500)
        return self._sent(
            self._acts.link(self._person(openid), title, description, url, _delivery(body)), body
        )

    def menu(self, openid: str) -> Response:
        """Tap the button at `position`, or the one whose key, address or name is `key`."""
        body = Body()
        menu = self._platform.menu
        button: Button | None = (
            menu.by_key(body.text("key", limit=1024))
            if "key" in body
            else menu.at(body.positions("position"))
        )
        if button is None or not button.get("type"):
            raise NotFoundError("no such menu button")
        person = self._person(openid)
        push = self._acts.tap_menu(person, button, body.text("scanned", "", limit=1000), _delivery(body))
        url = button.get("url") if button.get("type") == "view" else None
        return self._sent(push, body, opens=str(url) if url else None)

    def follow(self, openid: str) -> Response:
        body = Body()
        ticket = self._ticket(body) if any(name in body for name in ("ticket", "scene", "url")) else None
        if ticket and not self._platform.tickets.alive(ticket):
            raise ActError("this QR code has expired")
        return self._sent(self._acts.follow(self._person(openid), ticket, _delivery(body)), body)

    def consent(self, openid: str) -> Response:
        body = Body()
        template_id = body.text("template_id", limit=60)
        accepts = body.text("status", "accept") == "accept"
        push = self._acts.consent(
            self._person(openid), template_id, accepts=accepts, delivery=_delivery(body)
        )
        return self._sent(push, body)

    def unfollow(self, openid: str) -> Response:
        body = Body()
        return self._sent(self._acts.unfollow(self._person(openid), _delivery(body)), body)

    def scan(self, openid: str) -> Response:
        body = Body()
        return self._sent(self._acts.scan(self._person(openid), self._ticket(body), _delivery(body)), body)

    def push(self, openid: str) -> Response:
        body = Body()
        xml = body.text("xml", limit=MAX_TEXT)
        return self._sent(self._acts.raw(self._person(openid), xml, _delivery(body)), body)

    def _person(self, openid: str) -> Person:
        return self._platform.people.get(openid)

    def _ticket(self, body: Body) -> Ticket:
        """The QR code named by `ticket`, `scene` or the address it says (`url`)."""
        office = self._platform.tickets
        if "ticket" in body:
            found = office.by_ticket(body.text("ticket"))
        elif "scene" in body:
            found = office.by_scene(body.text("scene"))
        else:
            path = urlsplit(body.text("url", limit=1000)).path
            found = office.by_code(path.rpartition("/q/")[2])
        if found is None:
            raise NotFoundError("no such QR code")
        return found

    def _sent(self, push: Push, body: Body, opens: str | None = None) -> Response:
        return self._answered(push, body.yes("wait") and not push.after_next, opens)

    def _answered(self, push: Push, wait: bool, opens: str | None = None) -> Response:
        answer: dict[str, Json] = {"queued": True, "held": push.after_next}
        if opens:
            answer["opens"] = opens
        if wait:
            answer.update(_outcome_json(push.done.result(_WAIT_SECONDS)))
        return jsonify(answer)


def _delivery(body: Body) -> Delivery:
    return Delivery(twice=body.yes("twice"), after_next=body.yes("after_next"))


def _outcome_json(outcome: PushOutcome) -> dict[str, Json]:
    answer = outcome.answer
    failed = not answer.taken or bool(answer.problem)
    return {
        "answered": answer.taken,
        "reply": answer.reply.text if answer.reply else "",
        "kind": answer.reply.kind if answer.reply else None,
        "notice": FAILURE_NOTICE if failed else "",
        "verdict": answer.verdict,
        "milliseconds": outcome.milliseconds,
        "answers": [_answer_json(one) for one in outcome.answers],
    }


def _answer_json(answer: Answer) -> dict[str, Json]:
    return {
        "status": answer.status,
        "verdict": answer.verdict,
        "body": answer.plain or answer.body,
        "reply": answer.reply.text if answer.reply else "",
    }
