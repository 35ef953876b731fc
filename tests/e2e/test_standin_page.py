"""The chat page in a real browser: a person talks, taps, follows, scans; another's phone shows a badge."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from standin_kit import LIN, MEI, SECRET, Received, sealed, text_reply, webhook
from werkzeug.serving import make_server

from webhook.standin.app import StandIn, create_app
from webhook.standin.customer_messages import send_customer_message
from webhook.standin.people import MESSAGE

CHOICE = '<a href="weixin://bizmsgmenu?msgmenucontent=%E6%9F%A5%E4%BD%99%E9%A2%9D&msgmenuid=7">查一下余额</a>'
WICKED = (
    '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
    '<a href="javascript:window.hurt=1">点我</a> https://m.example.cn/a?b=1 <a href="https://m.example.cn/me">我的页</a>'
)

pytestmark = pytest.mark.browser


def shopkeeper(received: Received, _number: int) -> tuple[int, str]:
    """A product that answers by a few words."""
    fields = received.fields()
    event = fields.get("EventKey") if fields.get("Event") == "CLICK" else fields.get("Event")
    said = str(fields.get("Content") or event)
    answers = {
        "subscribe": "欢迎光临，我是掌柜。",
        "查余额": f"余额 ¥1,280.00（点了 {fields.get('bizmsgmenuid')}）",
        "POINTS": "您有 320 积分",
        "坏": WICKED,
    }
    if said == "出错":
        return 200, "不是回复"
    return 200, sealed(text_reply(str(fields["FromUserName"]), answers.get(said, f"没听懂。{CHOICE}")))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    from standin_kit import config_in

    folder = tmp_path_factory.mktemp("standin")
    with webhook(shopkeeper) as product:
        server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
        origin = f"http://127.0.0.1:{server.server_port}"
        made = create_app(
            config_in(folder, webhook_url=product.url, public_origin=origin, shop_name="悦颜美容")
        )
        server.app = made
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()
        server.server_close()
        made.close()


@pytest.fixture
def page(app: StandIn, chromium) -> Iterator[object]:
    """A fresh world and a page open in it; the page must neither throw nor be refused anything."""
    platform = app.platform
    platform.reset()
    platform.people.create(openid=LIN, name="小林", label="会员", follows=True)
    platform.people.create(openid=MEI, name="阿梅", label="收银员", follows=True)
    menu = [
        {"name": "我的会员", "sub_button": [{"type": "click", "name": "我的积分", "key": "POINTS"}]},
        {"type": "click", "name": "预约", "key": "BOOK"},
    ]
    platform.menu.create({"button": menu})
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    opened.goto(platform.config.public_origin)
    opened.wait_for_selector(".person")
    opened.wait_for_selector("#to-keyboard")  # the menu is there, and hides the field to write in until then
    yield opened
    context.close()
    assert trouble == []


def type_and_send(page, words: str) -> None:
    if page.is_visible("#to-keyboard"):
        page.click("#to-keyboard")
    page.fill("#words", words)
    page.press("#words", "Enter")


def bubble(page, words: str):
    return page.wait_for_selector(f".bubble:has-text('{words}')")


def test_a_hint_goes_to_the_keyboard_and_disappears_once_something_was_said(page) -> None:
    page.click(".hint button >> nth=0")
    words = page.input_value("#words")
    assert words
    page.press("#words", "Enter")
    bubble(page, words)
    page.wait_for_selector(".hint", state="detached")


def test_a_person_talks_and_taps_a_choice(page) -> None:
    type_and_send(page, "哦")
    bubble(page, "没听懂")
    page.click(".choice:has-text('查一下余额')")
    bubble(page, "余额 ¥1,280.00（点了 7）")
    mine = [element.inner_text() for element in page.query_selector_all(".from-person .bubble")]
    assert mine == ["哦", "查余额"]


def test_the_menu_pops_up_and_answers(page) -> None:
    page.click(".menu-top:has-text('我的会员')")
    page.click(".menu-popup button:has-text('我的积分')")
    bubble(page, "您有 320 积分")
    page.click("#to-keyboard")
    assert page.is_visible("#words")
    page.click("#to-menu")
    assert page.is_visible("#menu-bar")


def test_a_newcomer_follows_first(page) -> None:
    page.click("#new-person")
    page.wait_for_selector("#follow")
    assert not page.is_visible("#bottom")
    page.click("#follow")
    bubble(page, "欢迎光临")
    assert page.query_selector_all(".person.here .who small")[0].inner_text() == "已关注"
    page.click("#more")
    page.click("#unfollow")
    page.wait_for_selector("#follow")


def test_a_newcomer_scans_a_code(page, app: StandIn) -> None:
    ticket = app.platform.tickets.create("QR_STR_SCENE", None, "ref:7F3K", 600)
    page.click("#new-person")
    page.wait_for_selector("#follow")
    page.click("#open-scan")
    page.click("#scan-codes button:has-text('ref:7F3K')")
    bubble(page, "欢迎光临")
    page.goto(app.platform.tickets.url(ticket))
    page.wait_for_selector("#scan-dialog[open]")
    assert page.input_value("#scan-url") == app.platform.tickets.url(ticket)


def test_anothers_message_shows_a_badge_until_it_is_read(page, app: StandIn) -> None:
    page.click(f".person[data-openid='{LIN}']")
    app.platform.people.allow(MEI, MESSAGE)
    receipt = {"touser": MEI, "msgtype": "text", "text": {"content": "充值 ¥500.00 已入账"}}
    send_customer_message(app.platform, receipt)
    badge = page.wait_for_selector(f".person[data-openid='{MEI}'] .badge")
    assert badge.inner_text() == "1"
    page.click(f".person[data-openid='{MEI}']")
    bubble(page, "充值 ¥500.00 已入账")
    page.click(f".person[data-openid='{LIN}']")
    page.wait_for_selector(f".person.here[data-openid='{LIN}']")
    page.wait_for_selector(".badge", state="detached")  # as soon as the desk heard that it was read


def test_wicked_text_stays_text(page) -> None:
    type_and_send(page, "坏")
    bubble(page, "点我")
    last = page.query_selector_all(".from-account .bubble")[-1]
    assert last.query_selector("img, script") is None
    links = {link.inner_text(): link.get_attribute("href") for link in last.query_selector_all("a")}
    assert links == {
        "https://m.example.cn/a?b=1": "https://m.example.cn/a?b=1",
        "我的页": "https://m.example.cn/me",
    }
    assert all(link.get_attribute("target") == "_blank" for link in last.query_selector_all("a"))
    assert page.evaluate("window.hurt") is None


def test_a_failure_shows_the_platforms_notice(page) -> None:
    type_and_send(page, "出错")
    page.wait_for_selector(".system.notice:has-text('该公众号提供的服务出现故障，请稍后再试')")
    page.wait_for_selector("#wire .verdict.trouble")


def test_the_clock_moves_on_the_phone_too(page, app: StandIn) -> None:
    page.click("[data-move='86400']")
    page.wait_for_selector("#clock-offset:has-text('快 1天')")
    assert app.platform.clock.offset_seconds == 86_400
    page.fill("#clock-to", "2027-01-01T09:30")
    page.click("#clock-form button")
    page.wait_for_selector("#phone-time:has-text('09:3')")
    page.click("#clock-real")
    page.wait_for_selector("#clock-offset:has-text('与真实时间一致')")


def test_the_wire_shows_the_opened_and_the_sealed_message(page) -> None:
    type_and_send(page, "查余额")
    page.click("#wire summary")
    shown = page.wait_for_selector(".wire-inside").inner_text()
    assert "<Content><![CDATA[查余额]]></Content>" in shown
    assert "<Encrypt>" in shown
    assert SECRET not in shown


def test_pictures_voice_and_place(page) -> None:
    page.click("#to-keyboard")
    for name, seen in (("location", ".place"), ("voice", ".voice")):
        page.click("#open-extras")
        page.click(f"[data-extra='{name}']")
        if name == "voice":
            page.fill("#voice-words", "查余额")
            page.click("#voice-form .primary")
        page.wait_for_selector(f".from-person {seen}")
    from webhook.standin.samples import sample_picture

    page.set_input_files(
        "#picture-file", {"name": "a.png", "mimeType": "image/png", "buffer": sample_picture("小林")}
    )
    page.wait_for_function("() => document.querySelector('.picture')?.naturalWidth === 480")


def test_on_a_narrow_phone_the_screen_is_the_phone(page) -> None:
    page.set_viewport_size({"width": 375, "height": 667})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    box = page.query_selector("#screen").bounding_box()
    assert (box["x"], box["width"], box["height"]) == (0, 375, 667)
    page.click("#back")
    page.click(f".person[data-openid='{MEI}']")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('#people-side')).visibility === 'hidden'"
    )
    page.click("#open-tools")
    page.click(".tools-side [data-move='3600']")
    page.wait_for_selector("#clock-offset:has-text('快 1小时')")


def test_nothing_overflows_on_a_laptop(page) -> None:
    for _ in range(12):
        type_and_send(page, "一句很长的话" * 12)
    page.wait_for_function("() => document.querySelectorAll('.from-account').length >= 12")
    page.click("#open-extras")
    box = page.query_selector(".handset").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    at_the_end = "chat => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 4"
    page.wait_for_function(f"() => ({at_the_end})(document.querySelector('#chat'))")
