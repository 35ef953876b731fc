"""Events and everything that is not text: follows, scans, menu taps, pictures, voices, places."""

from __future__ import annotations

from dataclasses import replace

from actions.loyalty.referral import SCENE_PREFIX, Recommended
from actions.membership import people
from bot.conversation import catalogue_answers, places
from bot.conversation.menu import MENU_WORDS
from bot.conversation.turn import Turn
from bot.flows import referral
from bot.messages import SILENCE, Choice, Reply
from nlu.understanding import Entities, Understanding
from shop import hours, voucher_codes

MAX_TEXT_LENGTH = 500


def answer_event(turn: Turn) -> Reply | None:
    """Answer an event; a menu tap becomes the words it stands for and goes on as text."""
    if turn.incoming.kind != "event":
        return None
    event = turn.incoming.event
    if event == "subscribe":
        came = people.note_follow(turn.house, openid=turn.person.openid, scene=turn.incoming.event_key)
        return _welcome(turn, came)
    if event == "SCAN":
        return _scanned(turn)
    if event in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        people.note_consents(
            turn.house,
            openid=turn.person.openid,
            answers=turn.incoming.event_key,
            key=turn.incoming.key,
        )
        return SILENCE
    if event == "unsubscribe":
        people.note_unfollow(turn.house, openid=turn.person.openid)
        turn.memory.pending = turn.memory.form = turn.memory.done = turn.memory.heard = None
        return SILENCE
    if event == "scancode_waitmsg" and turn.person.staff is not None and turn.text.strip():
        scanned = turn.text.strip()[:MAX_TEXT_LENGTH]
        command = f"核销 {scanned}" if voucher_codes.read(scanned) else f"查 {scanned}"
        turn.incoming = replace(turn.incoming, kind="text", text=command)
        return None
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


def _scanned(turn: Turn) -> Reply:
    """A follower scanned a code of ours: a friend's poster, or a code that asks for no answer."""
    scene = turn.incoming.event_key
    came = people.note_scan(turn.house, openid=turn.person.openid, scene=scene)
    if came is not None:
        return _welcome(turn, came)
    if scene.startswith(SCENE_PREFIX) and turn.person.member is not None:
        return turn.reply("scan_member")
    return SILENCE


def _welcome(turn: Turn, came: Recommended | None = None) -> Reply:
    member = turn.person.member
    if member is not None:
        return Reply(turn.say("welcome_back"), (Choice("查余额", "我的余额"),))
    shop = turn.house.shop
    text = turn.say("welcome", shop=shop.name, assistant=shop.texts.assistant)
    if came is not None:
        text += "\n" + referral.welcome_line(turn, came)
    text += "\n" + turn.say("welcome_join")
    return Reply(
        text, (Choice("加入会员", "加入会员"), Choice("充值优惠", "充值优惠"), Choice("门店信息", "门店信息"))
    )


def _nearest_store(turn: Turn) -> Reply:
    found = places.nearest_store(turn)
    if found is None:
        return catalogue_answers.store_info(
            turn, Understanding("", "store_info", 1.0, Entities(), "keywords")
        )
    store, distance_km = found
    today = turn.now.astimezone(turn.house.shop.zone).date()
    return turn.reply(
        "nearest_store",
        store=store.name,
        distance=places.distance_text(distance_km),
        address=store.address,
        phone=store.phone,
        hours=hours.today_text(store, today),
    )
