"""The member's own page: a link from the chat, a session, the same figures as in the chat, nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from actions.house import House
from bot.bootstrap import random_digits
from bot.links import MemberLinks
from bot.outreach.queue import deferring
from bot.settings import EXAMPLE_SHOP
from ledger import book
from ledger.book import Header, Line
from ledger.records import members, multipliers
from ledger.records.multipliers import Multiplier
from shop.files import load
from webhook.me import views

NOW = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)
SHOP = load(EXAMPLE_SHOP)
LIN, HE = "oLIN_000000000000000000000001", "oHE__000000000000000000000002"


@pytest.fixture
def house(engine: Engine) -> House:
    def clock() -> datetime:
        return NOW

    return House(
        engine=engine, shop=SHOP, clock=clock, defer_message=deferring(clock), random_digits=random_digits
    )


@pytest.fixture
def links(redis_url: str) -> MemberLinks:
    return MemberLinks(redis.Redis.from_url(redis_url), "http://shop.example")


@pytest.fixture
def visit(house: House, links: MemberLinks) -> Callable[[], FlaskClient]:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(views.create_blueprint(house, links, secure=False))
    return app.test_client


def member(house: House, openid: str, name: str, *, paid_fen: int) -> int:
    with house.engine.begin() as connection:
        made = members.create(
            connection,
            name=name,
            home_store_id="guomao",
            level="newcomer",
            joined_at=NOW - timedelta(days=90),
        )
        members.bind(connection, member_id=made, openid=openid, at=NOW)
        book.top_up(
            connection,
            header(made, "top_up"),
            paid_fen=paid_fen,
            payment_method="wechat",
            gift_fen=3_000,
            points=300,
        )
    return made


def header(member_id: int, key: str, memo: str = "") -> Header:
    return Header(
        key=f"{key}:{member_id}",
        store_id="guomao",
        actor="staff:1",
        member_id=member_id,
        occurred_at=NOW - timedelta(hours=1),
        recorded_at=NOW - timedelta(hours=1),
        memo=memo,
    )


def buy(house: House, member_id: int, number: int, memo: str) -> None:
    line = Line(item_id="x", name=memo, category="c", quantity=1, list_fen=100, paid_fen=100)
    with house.engine.begin() as connection:
        book.purchase(
            connection,
            header(member_id, f"buy{number}", memo),
            lines=[line],
            stored_fen=100,
            spending_order="paid_in_first",
        )


def path(url: str | None) -> str:
    assert url is not None
    return url.removeprefix("http://shop.example")


def test_a_link_shows_the_figures_of_the_chat(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    lin = member(house, LIN, "小林", paid_fen=50_000)
    buy(house, lin, 1, "护手霜")
    client = visit()
    entered = client.get(path(links.make(LIN)))
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/me/"
    page = client.get("/me/").text
    for expected in (
        "小林",
        "¥529.00",
        "本金 ¥499.00 · 赠送金 ¥30.00",
        "护手霜",
        "余 ¥529.00",
        "国贸店",
        "T00000",
    ):
        assert expected in page
    with client.get("/me/static/page.css") as styles:
        assert styles.status_code == 200
    assert SHOP.brand_colour in client.get("/me/brand.css").text


def test_more_points_are_shown_while_they_last(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    lin, he = member(house, LIN, "小林", paid_fen=50_000), member(house, HE, "小何", paid_fen=50_000)
    spans = (
        (lin, 200, "all", -1, 9),
        (lin, 300, "top_ups", -1, 3),
        (lin, 400, "all", 1, 9),
        (he, 500, "all", -1, 9),
    )
    with house.engine.begin() as connection:
        for number, (whose, percent, earned_by, first, last) in enumerate(spans):
            starts_at, ends_at = NOW + timedelta(days=first), NOW + timedelta(days=last, hours=14)
            held = Multiplier(percent, earned_by, starts_at, ends_at, f"test:{number}")
            assert multipliers.give(
                connection, held, member_id=whose, at=NOW - timedelta(days=1), source_transfer_id=None
            )
    client = visit()
    client.get(path(links.make(LIN)))
    page = client.get("/me/").text
    assert page.count('class="running"') == 2  # the third begins tomorrow
    assert "积分翻倍中，至3月16日" in page
    assert "充值积分 3 倍中，至3月10日" in page


def test_nothing_without_a_link_and_nothing_of_anybody_else(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    member(house, LIN, "小林", paid_fen=50_000)
    member(house, HE, "小何", paid_fen=70_000)
    stranger = visit()
    for address in ("/me/", "/me/not-a-key", "/me/" + "x" * 500):
        answer = stranger.get(address)
        assert answer.status_code == 403
        assert "过期" in answer.text
        assert "¥" not in answer.text
    mine = visit()
    mine.get(path(links.make(LIN)))
    page = mine.get("/me/").text
    assert "小何" not in page
    assert "¥730.00" not in page


def test_a_link_without_a_card_shows_nothing(
    links: MemberLinks, visit: Callable[[], FlaskClient], house: House
) -> None:
    client = visit()
    client.get(path(links.make(LIN)))
    assert client.get("/me/").status_code == 403


def test_pages_and_periods(house: House, links: MemberLinks, visit: Callable[[], FlaskClient]) -> None:
    lin = member(house, LIN, "小林", paid_fen=50_000)
    for number in range(60):
        buy(house, lin, number, f"第{number:02d}次")
    client = visit()
    client.get(path(links.make(LIN)))
    first = client.get("/me/").text
    assert "第59次" in first
    assert "第05次" not in first
    older = first.split("before=")[1].split('"')[0]
    second = client.get(f"/me/?before={older}").text
    assert "第05次" in second
    assert "第59次" not in second
    assert "这段时间没有" in client.get("/me/?start=2025-01-01&end=2025-01-31").text
    assert client.get("/me/?start=nonsense&end=9999-99-99&before=abc").status_code == 200


def test_words_of_people_are_words(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    lin = member(house, LIN, "<script>alert(1)</script>", paid_fen=50_000)
    buy(house, lin, 1, "<img src=x>")
    client = visit()
    client.get(path(links.make(LIN)))
    page = client.get("/me/")
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_the_cookie_cannot_be_read_by_scripts(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    member(house, LIN, "小林", paid_fen=50_000)
    cookie = visit().get(path(links.make(LIN))).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert LIN not in cookie


def test_the_whole_copy_of_ones_data(
    house: House, links: MemberLinks, visit: Callable[[], FlaskClient]
) -> None:
    lin = member(house, LIN, "小林", paid_fen=50_000)
    member(house, HE, "小何", paid_fen=70_000)
    buy(house, lin, 1, "护手霜")
    client = visit()
    assert client.get("/me/my-data.json").status_code == 403
    client.get(path(links.make(LIN)))
    answer = client.get("/me/my-data.json")
    kept = answer.get_json()
    assert kept["card"][0]["name"] == "小林"
    assert kept["purchase_lines"][0]["name"] == "护手霜"
    assert "小何" not in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
