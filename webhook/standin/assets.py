"""Media with their three days of life (wechat-protocol §7.3) and QR tickets (§5.1)."""

from __future__ import annotations

import io
import secrets
import sqlite3
from dataclasses import dataclass

import qrcode

from webhook.standin.clock import MovableClock
from webhook.standin.database import Database
from webhook.standin.errors import PlatformError

MEDIA_LIFE_SECONDS = 3 * 86_400
MAX_MEDIA_KEPT = 300
MAX_MEDIA_BYTES = 200 * 1024 * 1024
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
_SIZE_LIMITS = {
    "image": MAX_UPLOAD_BYTES,
    "voice": 2 * 1024 * 1024,
    "video": MAX_UPLOAD_BYTES,
    "thumb": 64 * 1024,
}
_IMAGE_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}

MAX_TEMPORARY_SECONDS = 2_592_000
DEFAULT_TEMPORARY_SECONDS = 60
MAX_PERMANENT_CODES = 100_000
_TICKETS_KEPT = 200_000


@dataclass(frozen=True)
class Media:
    media_id: str
    kind: str
    content_type: str
    content: bytes
    created_at: int


class MediaStore:
    def __init__(self, database: Database, clock: MovableClock) -> None:
        self._database = database
        self._clock = clock

    def upload(self, kind: str, content: bytes) -> Media:
        """Keep one file. PlatformError 40004 kind, 44001 empty, 40006 too large, 40005 not such a file."""
        if kind not in _SIZE_LIMITS:
            raise PlatformError(40004)
        if not content:
            raise PlatformError(44001)
        if len(content) > _SIZE_LIMITS[kind]:
            raise PlatformError(40006)
        content_type = _content_type(kind, content)
        if not content_type:
            raise PlatformError(40005)
        media = Media(secrets.token_urlsafe(48), kind, content_type, content, self._clock.timestamp())
        with self._database.transaction():
            self._database.run(
                "INSERT INTO media VALUES (?, ?, ?, ?, ?)",
                *(media.media_id, media.kind, media.content_type, media.content, media.created_at),
            )
            self._database.run(
                "DELETE FROM media WHERE rowid IN (SELECT id FROM (SELECT rowid AS id,"
                " count(*) OVER newest AS files, sum(length(content)) OVER newest AS bytes"
                " FROM media WINDOW newest AS (ORDER BY rowid DESC)) WHERE files > ? OR bytes > ?)",
                *(MAX_MEDIA_KEPT, MAX_MEDIA_BYTES),
            )
        return media

    def usable(self, media_id: str, kind: str = "") -> Media:
        """The file, if it is younger than three days and of this kind; else PlatformError 40007."""
        media = self.kept(media_id)
        age = self._clock.timestamp() - media.created_at if media else MEDIA_LIFE_SECONDS
        if media is None or age >= MEDIA_LIFE_SECONDS or (kind and media.kind != kind):
            raise PlatformError(40007)
        return media

    def kept(self, media_id: str) -> Media | None:
        """The file for the chat page, which shows a picture also after its media id has run out."""
        row = self._database.row("SELECT * FROM media WHERE media_id = ?", media_id)
        return Media(**dict(row)) if row else None


@dataclass(frozen=True)
class Ticket:
    """A QR code: `code` is the last part of its address, `expires_at` None for a permanent one."""

    ticket: str
    code: str
    scene: str
    permanent: bool
    expires_at: int | None


class TicketOffice:
    def __init__(self, database: Database, clock: MovableClock, public_origin: str) -> None:
        self._database = database
        self._clock = clock
        self._origin = public_origin.rstrip("/")

    def create(self, action: str, scene_id: object, scene_str: object, expire_seconds: object) -> Ticket:
        """A ticket for a checked request. PlatformError 40052, 40053, 45029."""
        if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
            raise PlatformError(40052)
        permanent = "LIMIT" in action
        scene = _scene_text(scene_str) if "STR" in action else _scene_number(scene_id, permanent=permanent)
        expires_at = None if permanent else self._clock.timestamp() + _life(expire_seconds)
        with self._database.transaction():
            if permanent and (known := self._permanent(scene)):
                return known
            if (
                permanent
                and self._database.number("SELECT count(*) FROM ticket WHERE permanent")
                >= MAX_PERMANENT_CODES
            ):
                raise PlatformError(45029)
            ticket = Ticket(
                "gQ" + secrets.token_urlsafe(48), secrets.token_hex(9), scene, permanent, expires_at
            )
            self._database.run(
                "INSERT INTO ticket VALUES (?, ?, ?, ?, ?)",
                *(ticket.ticket, ticket.code, ticket.scene, ticket.permanent, ticket.expires_at),
            )
            self._forget_old()
        return ticket

    def url(self, ticket: Ticket) -> str:
        """What the QR code says: an address of the stand-in that asks who scans."""
        return f"{self._origin}/q/{ticket.code}"

    def by_ticket(self, ticket: str) -> Ticket | None:
        return _ticket(self._database.row("SELECT * FROM ticket WHERE ticket = ?", ticket))

    def by_code(self, code: str) -> Ticket | None:
        return _ticket(self._database.row("SELECT * FROM ticket WHERE code = ?", code))

    def by_scene(self, scene: str) -> Ticket | None:
        return _ticket(
            self._database.row("SELECT * FROM ticket WHERE scene = ? ORDER BY rowid DESC LIMIT 1", scene)
        )

    def newest(self, limit: int) -> list[Ticket]:
        rows = self._database.rows("SELECT * FROM ticket ORDER BY rowid DESC LIMIT ?", limit)
        return [ticket for ticket in map(_ticket, rows) if ticket]

    def alive(self, ticket: Ticket) -> bool:
        return ticket.expires_at is None or self._clock.timestamp() < ticket.expires_at

    def _permanent(self, scene: str) -> Ticket | None:
        return _ticket(self._database.row("SELECT * FROM ticket WHERE permanent AND scene = ?", scene))

    def _forget_old(self) -> None:
        self._database.run(
            "DELETE FROM ticket WHERE NOT permanent AND rowid <= (SELECT max(rowid) FROM ticket) - ?",
            _TICKETS_KEPT,
        )


def qr_png(text: str) -> bytes:
    """A PNG that a phone can scan."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=10, border=3)
    code.add_data(text)
    code.make(fit=True)
    file = io.BytesIO()
    code.make_image(fill_color="black", back_color="white").save(file, "PNG")
    return file.getvalue()


def _content_type(kind: str, content: bytes) -> str:
    if kind in ("image", "thumb"):
        found = (name for start, name in _IMAGE_STARTS.items() if content.startswith(start))
        return next(found, "")
    if kind == "voice":
        return "audio/amr" if content.startswith(b"#!AMR") else "audio/mp3"
    return "video/mp4"


def _scene_text(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise PlatformError(40053)
    return value


def _scene_number(value: object, *, permanent: bool) -> str:
    top = 100_000 if permanent else 2**32 - 1
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= top:
        raise PlatformError(40053)
    return str(value)


def _life(value: object) -> int:
    if value is None:
        return DEFAULT_TEMPORARY_SECONDS
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_TEMPORARY_SECONDS:
        raise PlatformError(40053)
    return value


def _ticket(row: sqlite3.Row | None) -> Ticket | None:
    return Ticket(**{**dict(row), "permanent": bool(row["permanent"])}) if row else None
