"""The whole way over HTTP: stand-in → AES, XML → conversation → book → outbox → worker → stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from town import LIN_PHONE, Town, wait_for

from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from ledger import migrations

COMMAND = f"充值 {LIN_PHONE} 500 微信"


@pytest.fixture(scope="module")
def town(scratch_dir: Path, postgres_server: PostgresServer, redis_server: RedisServer) -> Iterator[Town]:
    """Two web processes, a worker, the stand-in; the shared servers."""
    postgres_server.ensure_database("town")
    url = postgres_server.url("town")
    migrations.upgrade(url)
    made = Town(scratch_dir / "town", url, redis_server.url(9))
    try:
        made.open()
        yield made
    finally:
        made.close()


def top_ups(town: Town) -> int:
    return int(town.scalar("SELECT count(*) FROM transfer WHERE kind = 'top_up' AND refused IS NULL"))


def top_up(town: Town) -> None:
    """A confirmed top-up of a member who has just written, so that he may be written to."""
    town.say("小林", "我的余额")
    assert "请核对" in town.say("王芳", COMMAND)
    assert "已入账" in town.say("王芳", "1")


def test_a_member_asks_for_the_balance(town: Town) -> None:
    assert "小林" in town.say("小林", "我的余额")


def test_a_newcomer_follows_and_joins(town: Town) -> None:
    welcome = str(town.act("新客", "follow")["reply"])
    assert "欢迎来到丽人坊" in welcome
    assert "msgmenucontent=" in welcome
    assert "手机号" in town.say("新客", "加入会员")
    assert "会员号" in town.say("新客", "跳过")
    assert "积分 0" in town.say("新客", "我的余额")


def all_received(town: Town) -> int:
    """How many receipts are on the phone, once that of every top-up so far is."""
    wait_for(lambda: len(town.receipts()) >= top_ups(town), "the receipts of what was booked before")
    return len(town.receipts())


def test_a_top_up_reaches_the_members_phone_once(town: Town) -> None:
    before, receipts = top_ups(town), all_received(town)
    top_up(town)
    wait_for(lambda: len(town.receipts()) > receipts, "the receipt")
    assert top_ups(town) == before + 1
    assert len(town.receipts()) == receipts + 1


def test_two_deliveries_at_the_same_instant_have_one_effect_and_one_answer(town: Town) -> None:
    before = top_ups(town)
    town.say("王芳", COMMAND)
    answers = town.act("王芳", "say", text="1", twice=True)["answers"]
    assert len(answers) == 2
    assert {answer["reply"] for answer in answers} == {answers[0]["reply"]}
    assert "已入账" in answers[0]["reply"]
    assert top_ups(town) == before + 1


def test_a_worker_killed_between_commit_and_send_loses_and_doubles_nothing(town: Town) -> None:
    receipts = all_received(town)
    town.kill("worker")
    top_up(town)
    assert len(town.receipts()) == receipts
    town.start_worker()
    wait_for(lambda: len(town.receipts()) > receipts, "the receipt after the worker came back")
    top_up(town)  # the next receipt has passed all that might still be on its way
    wait_for(lambda: len(town.receipts()) > receipts + 1, "the next receipt")
    assert len(town.receipts()) == receipts + 2


def test_web_processes_killed_between_echo_and_yes(town: Town) -> None:
    before = top_ups(town)
    assert "请核对" in town.say("王芳", COMMAND)
    town.kill("web")
    town.start_web()
    wait_for(lambda: town._answers(f"{town.web}/healthz"), "the web processes")
    assert "已入账" in town.say("王芳", "1")
    assert top_ups(town) == before + 1


def test_a_busy_platform_delays_a_receipt_and_loses_none(town: Town) -> None:
    receipts = all_received(town)
    town.api("POST", "faults", {"kind": "busy", "times": 2, "endpoint": "message/custom/send"})
    top_up(town)
    wait_for(lambda: len(town.receipts()) > receipts, "the receipt after two refusals")


def test_a_receipt_that_may_not_be_sent_yet_arrives_when_the_member_writes_again(town: Town) -> None:
    receipts = all_received(town)
    town.api("POST", "clock", {"move_seconds": 3 * 24 * 3600})  # the 48 hours after his last message are over
    assert "请核对" in town.say("王芳", COMMAND)
    assert "已入账" in town.say("王芳", "1")
    failed = "SELECT count(*) FROM message WHERE state NOT IN ('queued', 'sending', 'sent')"
    wait_for(lambda: town.scalar(failed), "the platform's refusal")
    assert len(town.receipts()) == receipts
    town.say("小林", "我的余额")
    wait_for(lambda: len(town.receipts()) > receipts, "the receipt after the member wrote")
    assert len(town.receipts()) == receipts + 1


def test_database_connections_cut_between_two_messages(town: Town) -> None:
    assert "小林" in town.say("小林", "我的余额")
    with psycopg.connect(town.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'town' AND pid <> pg_backend_pid()"
        )
    assert "小林" in town.say("小林", "我的余额")


def test_operators_addresses(town: Town) -> None:
    assert requests.get(f"{town.web}/healthz", timeout=5).text == "ok\n"
    ready = requests.get(f"{town.web}/readyz", timeout=10).json()
    assert ready["ready"] is True
    assert ready["parts"]["database"] == "ok"
    assert "zhanggui" in requests.get(f"{town.web}/metrics", timeout=5).text


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", b"", 403),
        ("?signature=x&timestamp=1&nonce=2", b"<xml/>", 403),
        ("?signature=&timestamp=&nonce=&encrypt_type=aes&msg_signature=", b"\xff\xfe", 403),
    ],
)
def test_strangers_at_the_door(town: Town, query: str, body: bytes, status: int) -> None:
    assert requests.post(f"{town.web}/wechat{query}", data=body, timeout=5).status_code == status


def test_the_book_is_whole_after_all_of_this(town: Town) -> None:
    town.command("ledger", "verify")
