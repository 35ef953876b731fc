"""The stand-in's XML, clock and start checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standin_kit import LIN, config_in, text_reply

from webhook.standin.app import StandInRefusedError, create_app
from webhook.standin.clock import BEIJING, ClockRangeError, MovableClock
from webhook.standin.xmlwire import BadReplyError, read_fields, read_reply, to_xml, with_encrypt

GH = "gh_standin00001"


@pytest.mark.parametrize("text", ["查积分", "a]]>b", "]]>]]>", "<b>&amp;", "😀", "两\n行"])
def test_any_text_survives_the_xml(text: str) -> None:
    assert read_fields(to_xml({"Content": text}))["Content"] == text


def test_characters_that_xml_cannot_carry_are_dropped() -> None:
    assert read_fields(to_xml({"Content": "a\x00b\x08c\ufffed\ud800e"}))["Content"] == "abcde"


def test_numbers_nesting_and_lists() -> None:
    xml = to_xml({"CreateTime": 7, "Scan": {"Result": "x"}, "List": [{"A": "1"}, {"A": "2"}]})
    assert xml == (
        "<xml><CreateTime>7</CreateTime><Scan><Result><![CDATA[x]]></Result></Scan>"
        "<List><A><![CDATA[1]]></A></List><List><A><![CDATA[2]]></A></List></xml>"
    )
    assert with_encrypt("<xml><a>1</a></xml>", "E") == "<xml><a>1</a><Encrypt><![CDATA[E]]></Encrypt></xml>"


def test_a_text_reply_of_exactly_2048_bytes_is_the_longest() -> None:
    fits = read_fields(text_reply(LIN, "a" * 2 + "字" * 682))
    assert len(read_reply(fits, to=LIN, sender=GH, articles_allowed=1).text.encode()) == 2048
    with pytest.raises(BadReplyError, match="2049"):
        read_reply(read_fields(text_reply(LIN, "a" * 3 + "字" * 682)), to=LIN, sender=GH, articles_allowed=1)


def news(count: int, said: int | None = None) -> dict[str, object]:
    items = [
        {"Title": f"第{n}篇", "Description": "", "PicUrl": "", "Url": "https://m.example.cn/"}
        for n in range(count)
    ]
    head = {"ToUserName": LIN, "FromUserName": GH, "CreateTime": 1, "MsgType": "news"}
    return read_fields(to_xml({**head, "ArticleCount": said or count, "Articles": {"item": items}}))


def test_news_are_one_after_a_message_and_eight_after_an_event() -> None:
    assert len(read_reply(news(1), to=LIN, sender=GH, articles_allowed=1).articles) == 1
    assert len(read_reply(news(8), to=LIN, sender=GH, articles_allowed=8).articles) == 8
    for fields, allowed in ((news(2), 1), (news(9), 8), (news(2, said=1), 8)):
        with pytest.raises(BadReplyError):
            read_reply(fields, to=LIN, sender=GH, articles_allowed=allowed)


NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def test_the_clock_moves_and_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock = MovableClock(path, lambda: NOON)
    assert clock.now() == NOON
    clock.move(3600)
    clock.move(86_400)
    assert path.read_text() == "90000\n"
    assert clock.now() == NOON + timedelta(hours=25)
    assert MovableClock(path, lambda: NOON).offset_seconds == 90_000
    clock.set_to(datetime(2027, 1, 1, tzinfo=BEIJING))
    assert clock.now().isoformat() == "2027-01-01T00:00:00+08:00"
    clock.back_to_real_time()
    assert path.read_text() == "0\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["clock"]


def test_the_clock_stays_within_twenty_years(tmp_path: Path) -> None:
    clock = MovableClock(tmp_path / "clock", lambda: NOON)
    with pytest.raises(ClockRangeError):
        clock.move(10**9)
    assert clock.offset_seconds == 0


@pytest.mark.parametrize("text", ["", "soon", "9" * 30])
def test_a_spoilt_clock_file_means_real_time(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clock"
    path.write_text(text)
    assert MovableClock(path, lambda: NOON).now() == NOON


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"app_id": "wx1234567890abcdef"}, "app_id"),
        ({"app_id": ""}, "app_id"),
        ({"aes_key": "short"}, "aes_key"),
        ({"token": ""}, "token"),
        ({"app_secret": ""}, "app_secret"),
        ({"webhook_url": "/wechat"}, "webhook_url"),
        ({"mode": "clear"}, "mode"),
    ],
)
def test_it_refuses_to_start(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(StandInRefusedError, match=named):
        create_app(config_in(tmp_path, **changes))
    assert not list(tmp_path.iterdir())
