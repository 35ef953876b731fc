"""The stand-in's own API under /standin/api/, for the chat page and for tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from webhook.standin.body import BadRequestError, Body, NotFoundError
from webhook.standin.chat import Json
from webhook.standin.clock import BEIJING
from webhook.standin.json_acts import JsonActs
from webhook.standin.people import COLOURS, Person
from webhook.standin.refusals import register_refusals
from webhook.standin.status import StatusProbe
from webhook.standin.wiring import Platform

MAX_LIST = 500
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

View = Callable[..., "Response | tuple[Response, int]"]


class JsonApi:
    """Routes and their handlers; every refusal is `{"error": …}` with 400, 404, 409 or 429 (see refusals)."""

    def __init__(self, platform: Platform, status: StatusProbe) -> None:
        self._platform = platform
        self._status = status

    def blueprint(self) -> Blueprint:
        made = Blueprint("standin_api", __name__, url_prefix="/standin/api")
        person = "/people/<openid>"
        routes: Sequence[tuple[str, str, View]] = (
            ("GET", "/account", self.account),
            ("GET", "/people", self.list_people),
            ("POST", "/people", self.create_person),
            ("GET", person, self.get_person),
            ("PATCH", person, self.change_person),
            ("DELETE", person, self.remove_person),
            ("POST", f"{person}/read", self.read),
            ("GET", f"{person}/chat", self.chat),
            ("GET", "/menu", self.menu),
            ("GET", "/tickets", self.tickets),
            ("GET", "/poll", self.poll),
            ("GET", "/wire", self.wire),
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.move_clock),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/quotas", self.set_quota),
            ("GET", "/status", self.status),
            ("POST", "/reset", self.reset),
        )
        for method, rule, view in routes:
            made.add_url_rule(rule, f"{method}_{view.__name__}", view, methods=[method])
        JsonActs(self._platform).add_to(made)
        register_refusals(made)
        return made

    def account(self) -> Response:
        config = self._platform.config
        return jsonify(app_id=config.app_id, gh_id=config.gh_id, shop_name=config.shop_name, mode=config.mode)

    # People

    def list_people(self) -> Response:
        return jsonify(people=self._people_json())

    def create_person(self) -> tuple[Response, int]:
        body = Body()
        person = self._platform.people.create(
            name=body.text("name", limit=30) or "新朋友",
            label=body.text("label", "", limit=20),
            openid=body.text("openid", "", limit=64),
            follows=body.yes("follows"),
            colour=_colour(body.text("colour", "")),
        )
        return jsonify(self._person_json(person)), 201

    def get_person(self, openid: str) -> Response:
        return jsonify(self._person_json(self._platform.people.get(openid)))

    def change_person(self, openid: str) -> Response:
        person, body = self._platform.people.get(openid), Body()
        changed = self._platform.people.change(
            openid,
            name=body.text("name", person.name, limit=30) or person.name,
            label=body.text("label", person.label, limit=20),
            colour=_colour(body.text("colour", "")) or person.colour,
        )
        return jsonify(self._person_json(changed))

    def remove_person(self, openid: str) -> Response:
        self._platform.people.get(openid)
        self._platform.people.remove(openid)
        return jsonify(removed=openid)

    def read(self, openid: str) -> Response:
        self._person(openid)
        self._platform.people.mark_read(openid, Body().whole("seq", 0, 2**53))
        return jsonify(ok=True)

    # What the page and tests read

    def chat(self, openid: str) -> Response:
        self._person(openid)
        messages = self._platform.chat.since(openid, _query("since", 0), _query("limit", 200, MAX_LIST))
        return jsonify(messages=messages, pending=self._platform.pusher.pending(openid))

    def menu(self) -> Response:
        return jsonify(button=self._platform.menu.buttons(), version=self._platform.menu.version)

    def tickets(self) -> Response:
        """The newest QR codes of the account, for the page's scanner."""
        office = self._platform.tickets
        listed = [
            {"ticket": one.ticket, "scene": one.scene, "url": office.url(one), "alive": office.alive(one)}
            for one in office.newest(_query("limit", 12, 100))
        ]
        return jsonify(tickets=listed)

    def poll(self) -> Response:
        """Everything the page needs once a second, in one answer."""
        openid, messages, pending = request.args.get("openid", ""), [], 0
        if openid and self._platform.people.find(openid):
            messages = self._platform.chat.since(openid, _query("since", 0), 200)
            pending = self._platform.pusher.pending(openid)
        return jsonify(
            messages=messages,
            pending=pending,
            people=self._people_json(),
            wire=self._platform.wire.since(_query("wire_since", 0), 60),
            clock=self._clock_json(),
            menu_version=self._platform.menu.version,
        )

    def wire(self) -> Response:
        return jsonify(entries=self._platform.wire.since(_query("since", 0), _query("limit", 100, MAX_LIST)))

    # Clock, faults, status

    def clock(self) -> Response:
        return jsonify(self._clock_json())

    def move_clock(self) -> Response:
        """`{"move_seconds": n}`, `{"set": ISO time}` (Beijing time by default) or `{"real": true}`."""
        body, clock = Body(), self._platform.clock
        if "move_seconds" in body:
            clock.move(body.whole("move_seconds", -(10**9), 10**9))
        elif "set" in body:
            clock.set_to(_moment(body.text("set")))
        elif body.yes("real"):
            clock.back_to_real_time()
        else:
            raise BadRequestError("move_seconds, set or real is missing")
        return jsonify(self._clock_json())

    def faults(self) -> Response:
        return jsonify(faults=self._platform.faults.all())

    def add_fault(self) -> tuple[Response, int]:
        """`{"kind": "busy", "times": 2, "endpoint": "message/custom/send"}`; times null = always."""
        body = Body()
        times = None if body.is_null("times") else body.whole("times", 1, 1_000_000, default=1)
        self._platform.faults.add(body.text("kind"), times, body.text("endpoint", ""))
        return jsonify(faults=self._platform.faults.all()), 201

    def clear_faults(self) -> Response:
        self._platform.faults.clear()
        return jsonify(faults=[])

    def set_quota(self) -> Response:
        """`{"endpoint": "token", "used": 2000}`: as if so many calls had been made today."""
        body = Body()
        endpoint = body.text("endpoint")
        if not self._platform.quotas.known(endpoint):
            raise NotFoundError("no quota of that name")
        self._platform.quotas.set_used(endpoint, body.whole("used", 0, 10**9))
        return jsonify(left_today=self._platform.quotas.left_today(endpoint))

    def status(self) -> Response:
        return jsonify(self._status.look())

    def reset(self) -> Response:
        self._platform.reset()
        return jsonify(ok=True)

    # Helpers

    def _person(self, openid: str) -> Person:
        return self._platform.people.get(openid)

    def _people_json(self) -> list[dict[str, Json]]:
        unread = self._platform.chat.unread()
        return [
            self._person_json(person, unread.get(person.openid, 0)) for person in self._platform.people.all()
        ]

    def _person_json(self, person: Person, unread: int = 0) -> dict[str, Json]:
        left = max(0, person.allowance_until - self._platform.clock.timestamp())
        return {
            "openid": person.openid,
            "name": person.name,
            "label": person.label,
            "colour": person.colour,
            "follows": person.follows,
            "unread": unread,
            "allowance": {"left": person.allowance_left if left else 0, "seconds": left},
        }

    def _clock_json(self) -> dict[str, Json]:
        clock = self._platform.clock
        return {"now": clock.now().isoformat(timespec="seconds"), "offset_seconds": clock.offset_seconds}


def _colour(text: str) -> str:
    if text and not _COLOUR.fullmatch(text):
        raise BadRequestError(f"colour is #rrggbb, such as {COLOURS[0]}")
    return text


def _query(name: str, default: int, most: int = 2**53) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise BadRequestError(f"{name} must be a whole number")
    return min(int(text), most)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError("set must be a time such as 2026-12-24T10:00:00+08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
