"""The demo's list of what was queued, sent and dropped, with reasons (row E1)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from reminders_support import Speaker
from sqlalchemy import Engine
from standin_kit import standin

from actions import notices
from actions import reminders as speaking
from actions.counter import debts, pack_refunds, pack_sales, packs, purchases, refunds, reversals, top_ups
from actions.reminders import kinds
from ledger.reports import spoken
from webhook.outreach_list import PATH, line, outreach_list
from webhook.outreach_words import KINDS


@pytest.fixture
def place(engine: Engine) -> Speaker:
    return Speaker(engine)


def test_the_page_says_what_became_of_each(place: Speaker, tmp_path: Path) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "sent", place.now)
    place.plan(member_id, "later", place.now + timedelta(days=1), reason="明天<再说>")
    place.plan(member_id, "dropped", place.now, kind="low_balance", subject={"top_up": 7})
    speaking.send_due(place.house)
    with standin(tmp_path) as app:
        app.register_blueprint(outreach_list(place.engine, place.house.shop))
        page = app.test_client().get(PATH)
        abroad = app.test_client().get(PATH, headers={"Host": "evil.example"})
    assert page.status_code == 200
    for piece in (
        "<b>1</b> 等着发",
        "<b>1</b> 排队中",
        "<b>1</b> 不发了",
        "欢迎成为小院的会员",
        "明天&lt;再说&gt;",
        "已经充值了",
    ):
        assert piece in page.text
    assert abroad.status_code == 403


@pytest.mark.parametrize(
    ("change", "state", "became"),
    [
        ("state = 'queued'", "排队中", ""),
        (
            "state = 'queued', attempts = 3, last_error = 'ConnectionError retry: away'",
            "排队中",
            "微信没有答应，过会儿再试 · 试过 3 次",
        ),
        (
            "state = 'queued', attempts = 1, last_error = 'quiet hours'",
            "排队中",
            "夜里不打扰，早上再发",
        ),
        (
            "state = 'waiting', last_error = 'customer_service: the reply window is closed;"
            " template: the shop has no template for it', channel = 'next_message'",
            "等会员说话",
            "聊天：聊天窗口已关；模板消息：店里没有这类模板",
        ),
        ("state = 'sent', sent_at = now(), channel = 'template'", "已送出", "模板消息"),
        ("state = 'failed', last_error = '40003 recipient: invalid'", "没送到", "这位会员收不到（40003）"),
        ("state = 'dropped', last_error = 'the booking is cancelled'", "不发了", "预约已取消"),
        ("state = 'dropped', last_error = 'a new reason'", "不发了", "a new reason"),
    ],
)
@pytest.mark.parametrize("reminder", [True, False])
def test_each_state_is_told_as_it_is(
    place: Speaker, change: str, state: str, became: str, reminder: bool
) -> None:
    """A reminder in the outbox has not left yet, and may wait there for the member's word for days."""
    _, member_id = place.follower()
    if reminder:
        place.plan(member_id, "one", place.now)
        assert speaking.send_due(place.house) == 1
    else:
        with place.engine.begin() as connection:
            assert notices.notify_member(
                place.house,
                connection,
                key="one",
                member_id=member_id,
                kind="top_up",
                text="到账",
                now=place.now,
            )
    place.execute(f"UPDATE message SET {change}")
    with place.engine.connect() as connection:
        (found,) = spoken.newest(connection, limit=9)
    shown = line(place.house.shop, found)
    assert (shown.state, shown.became) == (state, became)
    assert (shown.kind, shown.who) == ("新会员引导" if reminder else "充值到账", f"客1（{member_id}）")


def test_an_empty_list_says_how_to_fill_it(place: Speaker, tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        app.register_blueprint(outreach_list(place.engine, place.house.shop))
        assert "把时钟往前拨一天" in app.test_client().get(PATH).text


@pytest.mark.parametrize(
    "counter",
    [debts, pack_refunds, pack_sales, packs, purchases, refunds, reversals, top_ups],
    ids=lambda module: module.KIND,
)
def test_every_receipt_has_a_name_for_the_owner(counter: ModuleType) -> None:
    assert KINDS[f"{counter.KIND}_receipt"].endswith("回执")


def test_every_reminder_has_a_name_for_the_owner() -> None:
    assert [kind for kind in kinds.KINDS if kind not in KINDS] == []
