"""The demo's list of what was queued, sent and dropped, with reasons (row E1)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from reminders_support import Speaker
from sqlalchemy import Engine
from standin_kit import standin

from actions import reminders as speaking
from webhook.outreach_list import PATH, outreach_list


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
        "已发出",
        "排队中",
        "欢迎成为小院的会员",
        "等着发",
        "明天&lt;再说&gt;",
        "不发了",
        "topped up meanwhile",
    ):
        assert piece in page.text
    assert abroad.status_code == 403


def test_an_empty_list_says_how_to_fill_it(place: Speaker, tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        app.register_blueprint(outreach_list(place.engine, place.house.shop))
        assert "把时钟往前拨一天" in app.test_client().get(PATH).text
