"""Draws the pictures of the outbox when they are due, uploads them, and sends them (features A6, A7, A9).

What was uploaded is used again for as long as WeChat keeps it (three days, wechat-protocol §7.3); a poster's
file is kept on disk besides, since its upload runs out before its code does.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import redis
import structlog
from sqlalchemy import Engine
from wechatpy.exceptions import WeChatClientException

from actions.loyalty.codes import LIFETIME_SECONDS
from actions.loyalty.codes import shown as shown_pay_code
from actions.loyalty.referral import reward_pieces
from actions.membership.joining import UNNAMED
from bot.outreach.wechat.client import QrCode
from bot.pictures import cards, poster
from bot.pictures.shelf import Shelf
from ledger.records import members, pictures, referral_codes, vouchers
from ledger.records.messages import OutgoingMessage
from ledger.records.pictures import Picture
from shop import texts, voucher_codes, words
from shop.model import Shop

log = structlog.get_logger(__name__)

MEDIA_SECONDS = 3 * 24 * 3600 - 2 * 3600
MEDIA_GONE = 40007
QR_LIFE = timedelta(days=30)
QR_RENEWED_BEFORE = timedelta(days=5)  # a poster stays good for some days after it was sent


class Channel(Protocol):
    """What the studio needs of the channel's client."""

    def send_image(self, openid: str, media_id: str) -> None: ...

    def upload_image(self, data: bytes, filename: str = ...) -> str: ...

    def create_qr(self, scene: str, expire_seconds: int | None = None) -> QrCode: ...


@dataclass(frozen=True)
class Drawing:
    """What is to be uploaded: `key` names its content, so that the same picture is uploaded once."""

    key: str
    draw: Callable[[], bytes]
    filename: str = "image.png"


class Studio:
    """Shared by the worker's threads.

    Args:
        store: Redis, for media ids; without it every picture is uploaded anew.
        shelf: posters on disk.
        clock: the shop's time.
    """

    def __init__(
        self,
        engine: Engine,
        shop: Shop,
        channel: Channel,
        store: redis.Redis,
        shelf: Shelf,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._shop = shop
        self._channel = channel
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def send(self, message: OutgoingMessage) -> bool:
        """Draw and send one picture; False when there is nothing to show any more (an old pay code).

        Raises what the channel raises.
        """
        with self._engine.connect() as connection:
            picture = pictures.of_message(connection, message.id)
        drawing = self._drawing(picture, message) if picture is not None else None
        if picture is None or drawing is None:
            return False
        self._send(message.openid, drawing)
        if picture.kind == "pay_code":
            with self._engine.begin() as connection:
                pictures.wipe(connection, message.id)
        return True

    def _send(self, openid: str, drawing: Drawing) -> None:
        """With the media id that is known; with a new one where the platform has forgotten it."""
        known = self._known(drawing.key)
        if known is not None:
            try:
                self._channel.send_image(openid, known)
            except WeChatClientException as error:
                if error.errcode != MEDIA_GONE:
                    raise
            else:
                return
        media_id = self._channel.upload_image(drawing.draw(), drawing.filename)
        with contextlib.suppress(redis.RedisError):
            self._store.set(_media_key(drawing.key), media_id, ex=MEDIA_SECONDS)
        self._channel.send_image(openid, media_id)

    def _known(self, key: str) -> str | None:
        try:
            raw = self._store.get(_media_key(key))
        except redis.RedisError:
            return None
        return raw.decode() if isinstance(raw, bytes) else None

    def _drawing(self, picture: Picture, message: OutgoingMessage) -> Drawing | None:
        if picture.kind == "poster":
            return self._poster(int(picture.subject))
        if picture.kind == "voucher":
            return self._voucher(picture.subject)
        if picture.kind == "member_code":
            return self._member_code(int(picture.subject))
        return self._pay_code(picture.subject, message.created_at)

    def _voucher(self, code: str) -> Drawing | None:
        with self._engine.connect() as connection:
            voucher = vouchers.by_code(connection, code)
        if voucher is None or voucher.state != "open" or voucher.expires_at <= self._clock():
            return None
        last = voucher.expires_at.astimezone(self._shop.zone) - timedelta(seconds=1)
        title = voucher.name
        if voucher.quantity > 1:
            title = self._say("voucher_many", name=voucher.name, quantity=voucher.quantity)
        note = self._say("voucher_note", day=words.day_text(last.date()))
        return self._card(title, code, voucher_codes.shown(code), note)

    def _member_code(self, number: int) -> Drawing:
        title, note = self._say("member_code_title"), self._say("member_code_note")
        return self._card(title, f"会员{number}", str(number), note)

    def _pay_code(self, code: str, issued_at: datetime) -> Drawing | None:
        if not code or issued_at + timedelta(seconds=LIFETIME_SECONDS) <= self._clock():
            return None
        title, note = self._say("pay_code_title"), self._say("pay_code_note", seconds=LIFETIME_SECONDS)
        return self._card(title, code, shown_pay_code(code), note)

    def _card(self, title: str, content: str, code: str, note: str) -> Drawing:
        return Drawing(
            key=_content_key(self._shop.name, self._shop.brand_colour, title, content, note),
            draw=lambda: cards.code_card(self._shop, title=title, content=content, code=code, note=note),
        )

    def _poster(self, member_id: int) -> Drawing | None:
        with self._engine.connect() as connection:
            member = members.by_id(connection, member_id)
        url = self._poster_url(member_id)
        if member is None or url is None or not self._shop.referral.is_on:
            return None
        plan = poster.Plan(
            shop=self._shop.name,
            colour=self._shop.brand_colour,
            invitation=self._say("poster_invitation"),
            inviter="" if member.name == UNNAMED else self._say("poster_from", name=member.name),
            newcomer_gets=reward_pieces(self._shop, self._shop.referral.newcomer),
            inviter_gets=reward_pieces(self._shop, self._shop.referral.inviter),
            newcomer_label=self._say("poster_you"),
            inviter_label=self._say("poster_me"),
            scan=self._say("poster_scan"),
            small_print=self._small_print(),
            url=url,
        )
        key = _content_key(poster.VERSION, *(str(value) for value in vars(plan).values()))
        return Drawing(
            key=key,
            draw=lambda: self._shelf.get(f"{key}.jpg", lambda: poster.draw(plan)),
            filename="poster.jpg",
        )

    def _poster_url(self, member_id: int) -> str | None:
        """The address in the member's QR code, made by WeChat for thirty days and renewed before they end."""
        now = self._clock()
        with self._engine.connect() as connection:
            known = referral_codes.of_member(connection, member_id)
        if known is None:
            return None
        if known.url and known.expires_at and known.expires_at - QR_RENEWED_BEFORE > now:
            return known.url
        made = self._channel.create_qr(known.scene, int(QR_LIFE.total_seconds()))
        with self._engine.begin() as connection:
            expires_at = now + timedelta(seconds=made.expire_seconds or QR_LIFE.total_seconds())
            referral_codes.set_url(connection, member_id, url=made.url, expires_at=expires_at)
        log.info("made a referral code", member_id=member_id)
        return made.url

    def _small_print(self) -> str:
        occasion = self._say(f"occasion_{self._shop.referral.on}")
        return self._say("poster_small", occasion=occasion)

    def _say(self, name: str, /, **values: object) -> str:
        return texts.say(self._shop, name, **values)


def _media_key(key: str) -> str:
    return f"zg:media:{key}"


def _content_key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]
