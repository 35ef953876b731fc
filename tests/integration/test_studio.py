"""Pictures of the outbox: drawn when due, uploaded once, renewed in time (wechat-protocol §5.1, §7.3)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import zxingcpp
from PIL import Image
from rewards_support import Place
from sqlalchemy import create_engine, text
from wechatpy.exceptions import WeChatClientException

from actions.house import Denied
from actions.loyalty import codes, referral, rewards, voucher_desk
from actions.loyalty.codes import PayCode
from bot.delivery_store import connect
from bot.outreach.sending import OutreachContext, sweep
from bot.outreach.studio import Studio
from bot.outreach.wechat.client import QrCode
from bot.pictures.shelf import Shelf

LIN = "oLIN_000000000000000000000001"


@dataclass
class Phone:
    """Stands for WeChat: keeps uploads and what was sent; `gone` media ids are refused."""

    uploads: list[bytes] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    scenes: list[tuple[str, int | None]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    refuse_uploads: int = 0

    def send_text(self, openid: str, text: str) -> None:
        self.texts.append(text)

    def send_image(self, openid: str, media_id: str) -> None:
        if media_id in self.gone:
            raise WeChatClientException(40007, "invalid media_id")
        self.shown.append(media_id)

    def upload_image(self, data: bytes, filename: str = "image.png") -> str:
        if self.refuse_uploads:
            self.refuse_uploads -= 1
            raise WeChatClientException(-1, "system busy")
        self.uploads.append(data)
        return f"media-{len(self.uploads)}"

    def create_qr(self, scene: str, expire_seconds: int | None = None) -> QrCode:
        self.scenes.append((scene, expire_seconds))
        return QrCode("ticket", f"http://weixin.qq.com/q/{len(self.scenes)}", expire_seconds)

    def read(self, number: int = -1) -> str:
        found = zxingcpp.read_barcodes(Image.open(io.BytesIO(self.uploads[number])))
        assert len(found) == 1
        return str(found[0].text)


@dataclass
class Set:
    """A place, a phone, and the worker between them."""

    place: Place
    phone: Phone
    context: OutreachContext
    store: redis.Redis

    def work(self) -> int:
        """The worker looks a little later, as it does."""
        self.place.later(seconds=5)
        return sweep(self.context)

    def poster(self, key: str) -> None:
        queued = referral.send_poster(self.place.house, openid=LIN, key=key)
        assert not isinstance(queued, Denied)


@pytest.fixture
def scene(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Set]:
    engine = create_engine(database_url)
    place, phone = Place(engine), Phone()
    place.member(LIN, points=3000)
    store = redis.Redis.from_url(redis_url)
    studio = Studio(engine, place.house.shop, phone, store, Shelf(tmp_path / "shelf"), lambda: place.now)
    yield Set(place, phone, OutreachContext(engine, phone, lambda: place.now, studio), store)
    store.close()
    engine.dispose()


def test_a_voucher_is_sent_as_a_picture_of_its_code(scene: Set) -> None:
    voucher = scene.place.redeem(LIN).voucher
    assert voucher is not None
    assert scene.work() == 1
    assert scene.phone.read() == voucher.code
    assert rewards.show_voucher(scene.place.house, openid=LIN, voucher_id=voucher.id, key="again")
    assert scene.work() == 1
    assert scene.phone.shown == ["media-1", "media-1"]


def test_a_voucher_that_was_used_before_its_picture_was_sent_is_not_shown(scene: Set) -> None:
    scene.place.hire("oCASHIER")
    voucher = scene.place.redeem(LIN).voucher
    assert voucher is not None
    voucher_desk.use(
        scene.place.house, staff_openid="oCASHIER", code=voucher.code, store_id="guomao", key="k"
    )
    scene.work()
    assert scene.phone.shown == []
    assert scene.place.count("message", "kind = 'picture' AND state = 'dropped'") == 1


def test_a_media_id_that_the_platform_forgot_is_replaced(scene: Set) -> None:
    scene.poster("one")
    scene.work()
    scene.phone.gone.add("media-1")
    scene.poster("two")
    scene.work()
    scene.poster("three")
    scene.work()
    assert scene.phone.shown == ["media-1", "media-2", "media-2"]
    assert scene.phone.uploads[0] == scene.phone.uploads[1]


def test_a_platform_at_fault_is_asked_again(scene: Set) -> None:
    scene.phone.refuse_uploads = 1
    scene.poster("one")
    scene.work()
    assert scene.phone.shown == []
    scene.place.later(seconds=30)
    scene.work()
    assert scene.phone.shown == ["media-1"]


def test_the_code_on_a_poster_is_temporary_and_renewed_before_it_ends(scene: Set) -> None:
    scene.poster("one")
    scene.work()
    first = scene.phone.read()
    scene.place.later(days=24)
    scene.poster("two")
    scene.work()
    assert len(scene.phone.scenes) == 1
    scene.place.later(days=2)
    scene.poster("three")
    scene.work()
    assert [life for _, life in scene.phone.scenes] == [2_592_000, 2_592_000]
    assert len({code for code, _ in scene.phone.scenes}) == 1
    assert scene.phone.read() != first
    assert len(scene.phone.uploads) == 2


def test_without_redis_every_picture_is_uploaded_anew(scene: Set) -> None:
    nowhere = connect("redis://127.0.0.1:1")
    scene.context.studio._store = nowhere  # type: ignore[union-attr]
    for key in ("one", "two"):
        scene.poster(key)
        scene.work()
    assert scene.phone.shown == ["media-1", "media-2"]
    nowhere.close()


def test_a_pay_code_is_shown_within_its_minute_and_wiped(scene: Set) -> None:
    made = codes.issue(scene.place.house, openid=LIN, key="one")
    assert isinstance(made, PayCode)
    scene.work()
    assert scene.phone.read() == made.code
    assert scene.place.count("message_picture", "subject = ''") == 1
    late = codes.issue(scene.place.house, openid=LIN, key="two")
    assert isinstance(late, PayCode)
    scene.place.now = late.expires_at
    scene.work()
    assert len(scene.phone.shown) == 1
    assert scene.place.count("message", "state = 'dropped'") == 1


def test_a_member_code_and_a_delivery_that_came_twice(scene: Set) -> None:
    for _ in range(2):
        shown = codes.show_member_code(scene.place.house, openid=LIN, key="one")
        assert not isinstance(shown, Denied)
    scene.work()
    assert scene.phone.read() == f"会员{shown.number}"
    assert len(scene.phone.shown) == 1


def test_pay_codes_are_hashes_and_are_swept_away(scene: Set) -> None:
    made = codes.issue(scene.place.house, openid=LIN, key="one")
    assert isinstance(made, PayCode)
    with scene.place.engine.begin() as connection:
        kept = connection.execute(text("SELECT code_hash FROM pay_code")).scalar_one()
        assert made.code not in kept
        assert codes.redeem_code(connection, "0" * 16, scene.place.now) is None
        assert codes.redeem_code(connection, "123", scene.place.now) is None
        first = codes.redeem_code(connection, made.code, scene.place.now)
        assert first is not None
        assert codes.redeem_code(connection, made.code, scene.place.now) is None
    assert codes.sweep(scene.place.house) == 0
    scene.place.now += timedelta(days=1, minutes=2)
    assert codes.sweep(scene.place.house) == 1
