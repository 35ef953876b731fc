"""Events and everything that is not text: follows, scans, menu taps, pictures, voices, places."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, radians, sin, sqrt

from actions import people
from bot.conversation.menu import MENU_WORDS
from bot.conversation.turn import Turn
from bot.messages import SILENCE, Choice, Reply
from shop import hours
from shop.model import Store

EARTH_RADIUS_KM = 6371.0
MAX_TEXT_LENGTH = 500


def answer_event(turn: Turn) -> Reply | None:
    """Answer an event; a menu tap becomes the words it stands for and goes on as text."""
    if turn.incoming.kind != "event":
        return None
    event = turn.incoming.event
    if event == "subscribe":
        people.note_follow(turn.house, openid=turn.person.openid, scene=turn.incoming.event_key)
        return _welcome(turn)
    if event == "unsubscribe":
        people.note_unfollow(turn.house, openid=turn.person.openid)
        turn.memory.pending = turn.memory.form = turn.memory.done = turn.memory.heard = None
        return SILENCE
    if event == "CLICK" and turn.incoming.event_key in MENU_WORDS:
        words = MENU_WORDS[turn.incoming.event_key]
        turn.incoming = replace(turn.incoming, kind="text", text=words)
        return None
    return SILENCE


def answer_other_kinds(turn: Turn) -> Reply | None:
    """Answer what is neither an event nor readable text; a recognised voice goes on as text."""
    kind = turn.incoming.kind
    if kind == "voice":
        return None if turn.text.strip() else turn.reply("voice_unheard")
    if kind == "location":
        return _nearest_store(turn)
    named = {"image": "picture", "video": "video", "link": "link"}
    if kind in named:
        return turn.reply(named[kind])
    if kind == "unknown":
        return SILENCE
    if not turn.text.strip():
        return turn.reply("empty")
    if len(turn.text) > MAX_TEXT_LENGTH:
        return turn.reply("too_long")
    return None


def _welcome(turn: Turn) -> Reply:
    member = turn.person.member
    if member is not None:
        return Reply(turn.say("welcome_back"), (Choice("查余额", "我的余额"),))
    shop = turn.house.shop
    text = turn.say("welcome", shop=shop.name, assistant=shop.texts.assistant)
    text += "\n" + turn.say("welcome_join")
    return Reply(
        text, (Choice("加入会员", "加入会员"), Choice("充值优惠", "充值优惠"), Choice("门店信息", "门店信息"))
    )


def _nearest_store(turn: Turn) -> Reply:
    latitude, longitude = turn.incoming.latitude, turn.incoming.longitude
    placed = [
        (store, store.latitude, store.longitude)
        for store in turn.house.shop.stores
        if store.latitude is not None and store.longitude is not None
    ]
    if latitude is None or longitude is None or not placed:
        return turn.reply("fallback")
    nearest, distance_km = min(
        ((store, distance_between_km(latitude, longitude, lat, lon)) for store, lat, lon in placed),
        key=lambda pair: pair[1],
    )
    return Reply(_store_text(turn, nearest, distance_km))


def _store_text(turn: Turn, store: Store, distance_km: float) -> str:
    today = turn.now.astimezone(turn.house.shop.zone).date()
    distance = (
        f"{distance_km:.1f} 公里" if distance_km >= 1 else f"{max(10, round(distance_km * 100) * 10)} 米"
    )
    return turn.say(
        "nearest_store",
        store=store.name,
        distance=distance,
        address=store.address,
        phone=store.phone,
        hours=hours.today_text(store, today),
    )


def distance_between_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres between two points in degrees (haversine)."""
    half_lat, half_lon = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord))
