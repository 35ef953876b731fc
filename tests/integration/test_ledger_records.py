"""Members, contacts, staff, codes, the outbox and the log of acts on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from ledger.book import balances
from ledger.records import acts, contacts, members, messages, phone_codes, staff

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection(module_engine: Engine) -> Iterator[Connection]:
    """Rolled back after each test."""
    with module_engine.connect() as connection:
        yield connection


def new_member(connection: Connection, name: str = "小林", phone: str | None = None) -> int:
    return members.create(
        connection, name=name, phone=phone, home_store_id="s1", level="silver", joined_at=NOW
    )


def test_a_new_member_has_an_empty_wallet(connection: Connection) -> None:
    member_id = new_member(connection, phone="13800138000")
    assert balances(connection, member_id, now=NOW).stored_fen == 0
    found = members.by_phone(connection, "13800138000")
    assert found is not None
    assert (found.id, found.openid, found.following) == (member_id, None, False)
    assert members.by_id(connection, member_id) == found
    assert members.by_id(connection, member_id + 1) is None


def test_a_phone_belongs_to_one_member(connection: Connection) -> None:
    new_member(connection, phone="13800138000")
    with pytest.raises(members.PhoneTaken):
        new_member(connection, "阿芳", phone="13800138000")
    other = new_member(connection, "阿芳")
    with pytest.raises(members.PhoneTaken):
        members.set_phone(connection, other, "13800138000", proven=True)
    members.set_phone(connection, other, "13800138001", proven=True)
    found = members.by_id(connection, other)
    assert found is not None
    assert (found.phone, found.phone_proven) == ("13800138001", True)


def test_one_active_binding_each_way(connection: Connection) -> None:
    lin, fang = new_member(connection), new_member(connection, "阿芳")
    contacts.follow(connection, openid="o1", at=NOW)
    assert members.bind(connection, member_id=lin, openid="o1", at=NOW)
    assert members.bind(connection, member_id=lin, openid="o1", at=NOW)
    assert not members.bind(connection, member_id=fang, openid="o1", at=NOW)
    assert not members.bind(connection, member_id=lin, openid="o2", at=NOW)
    found = members.by_openid(connection, "o1")
    assert found is not None
    assert (found.id, found.following) == (lin, True)
    assert members.unbind(connection, openid="o1", at=NOW)
    assert not members.unbind(connection, openid="o1", at=NOW)
    assert members.bind(connection, member_id=fang, openid="o1", at=NOW)
    assert connection.execute(text("SELECT count(*) FROM binding")).scalar_one() == 2


def test_profile_changes(connection: Connection) -> None:
    member_id = new_member(connection)
    members.rename(connection, member_id, "林小姐")
    members.set_muted(connection, member_id, muted=True)
    members.set_level(connection, member_id, "gold")
    members.set_birthday(connection, member_id, NOW.date())
    members.set_gender(connection, member_id, "female")
    found = members.by_id(connection, member_id)
    assert found is not None
    assert (found.name, found.muted, found.level, found.birthday, found.gender) == (
        "林小姐",
        True,
        "gold",
        NOW.date(),
        "female",
    )
    with pytest.raises(LookupError):
        members.rename(connection, member_id + 1, "谁")


def test_a_contact_keeps_its_first_scene(connection: Connection) -> None:
    contacts.heard(connection, openid="o1", at=NOW - MINUTE)
    assert contacts.follow(connection, openid="o1", at=NOW)
    assert not contacts.follow(connection, openid="o1", at=NOW + MINUTE, scene="m7")
    contacts.unfollow(connection, openid="o1", at=NOW + 2 * MINUTE)
    assert not contacts.follow(connection, openid="o1", at=NOW + 3 * MINUTE, scene="m8")
    found = contacts.by_openid(connection, "o1")
    assert found is not None
    assert (found.following, found.scene, found.left_at) == (True, "m7", None)
    assert contacts.by_openid(connection, "o2") is None


def invite(connection: Connection, code_hash: str, role: staff.Role = "cashier") -> None:
    staff.invite(
        connection,
        code_hash=code_hash,
        role=role,
        store_id="s1",
        name="小王",
        expires_at=NOW + 10 * MINUTE,
        created_by="owner",
        created_at=NOW,
    )


def test_an_invitation_is_good_once_and_for_a_time(connection: Connection) -> None:
    invite(connection, "h1")
    invite(connection, "h2")
    taken = staff.accept(connection, code_hash="h1", openid="o1", now=NOW)
    assert taken is not None
    assert (taken.name, taken.role, taken.store_id, taken.openid) == ("小王", "cashier", "s1", "o1")
    assert staff.accept(connection, code_hash="h1", openid="o2", now=NOW) is None
    assert staff.accept(connection, code_hash="h2", openid="o2", now=NOW + 10 * MINUTE) is None
    assert staff.accept(connection, code_hash="h3", openid="o2", now=NOW) is None
    assert staff.by_openid(connection, "o1") == taken
    assert staff.dismiss(connection, taken.id)
    assert staff.by_openid(connection, "o1") is None


def test_a_new_role_replaces_the_old_one(connection: Connection) -> None:
    invite(connection, "h1")
    invite(connection, "h2", "manager")
    staff.accept(connection, code_hash="h1", openid="o1", now=NOW)
    staff.accept(connection, code_hash="h2", openid="o1", now=NOW)
    assert [(person.role, person.openid) for person in staff.everyone(connection)] == [("manager", "o1")]


def issue(connection: Connection, code_hash: str, at: datetime = NOW, openid: str = "o1") -> int | None:
    return phone_codes.issue(
        connection,
        openid=openid,
        phone="13800138000",
        code_hash=code_hash,
        issued_by="sms",
        created_at=at,
        expires_at=at + 5 * MINUTE,
    )


def check(connection: Connection, code_hash: str, at: datetime = NOW, openid: str = "o1") -> str:
    return phone_codes.check(connection, openid=openid, phone="13800138000", code_hash=code_hash, now=at)


def test_a_code_proves_once(connection: Connection) -> None:
    assert issue(connection, "h1") is not None
    assert check(connection, "h1", openid="o2") == "none"
    assert check(connection, "wrong") == "wrong"
    assert check(connection, "h1") == "right"
    assert check(connection, "h1") == "none"


def test_only_the_newest_code_for_five_minutes_and_five_tries(connection: Connection) -> None:
    issue(connection, "h1")
    issue(connection, "h2")
    assert check(connection, "h1") == "wrong"
    assert check(connection, "h2", NOW + 5 * MINUTE) == "none"
    for _ in range(4):
        assert check(connection, "wrong") == "wrong"
    assert check(connection, "h2") == "none"


def test_codes_per_hour_are_limited_by_user_and_by_number(connection: Connection) -> None:
    made = [issue(connection, f"h{n}", openid=f"o{n}") for n in range(6)]
    assert [code is None for code in made] == [False] * 5 + [True]
    assert issue(connection, "later", NOW + 61 * MINUTE) is not None


def enqueue(connection: Connection, key: str = "m1", due_at: datetime = NOW) -> int | None:
    return messages.enqueue(
        connection,
        key=key,
        openid="o2" if key == "locked" else "o1",
        member_id=None,
        kind="receipt",
        text="已充值",
        due_at=due_at,
        created_at=NOW,
    )


def state(connection: Connection) -> tuple[str, int]:
    [message] = messages.of_openid(connection, "o1")
    return message.state, message.attempts


def test_a_message_is_kept_once_and_sent_once(connection: Connection) -> None:
    message_id = enqueue(connection)
    assert message_id is not None
    assert enqueue(connection) is None
    claimed = messages.claim_for_sending(connection, message_id, NOW)
    assert claimed is not None
    assert (claimed.text, claimed.attempts) == ("已充值", 1)
    assert messages.claim_for_sending(connection, message_id, NOW) is None
    assert messages.mark_sent(connection, message_id, now=NOW)
    assert state(connection) == ("sent", 1)
    assert not messages.mark_failed(connection, message_id, error="late")
    assert messages.claim_for_sending(connection, message_id, NOW + 60 * MINUTE) is None


def test_a_message_is_tried_again_and_given_up(connection: Connection) -> None:
    message_id = enqueue(connection)
    assert message_id is not None
    messages.claim_for_sending(connection, message_id, NOW)
    messages.mark_retry(connection, message_id, due_at=NOW + MINUTE, error="45009")
    assert messages.claim_for_sending(connection, message_id, NOW) is None
    assert messages.waiting(connection, now=NOW + MINUTE) == (message_id,)
    assert messages.claim_for_sending(connection, message_id, NOW + MINUTE) is not None
    messages.mark_failed(connection, message_id, error="x" * 900)
    assert state(connection) == ("failed", 2)


def test_a_message_whose_sender_was_killed_is_taken_over(connection: Connection) -> None:
    message_id = enqueue(connection)
    assert message_id is not None
    messages.claim_for_sending(connection, message_id, NOW)
    days_later = NOW + timedelta(days=2)  # the shop's clock was moved while the message is just leaving
    assert messages.waiting(connection, now=days_later) == ()
    assert messages.claim_for_sending(connection, message_id, days_later) is None
    connection.execute(text("UPDATE message SET claimed_at = claimed_at - interval '1 minute'"))
    assert messages.waiting(connection, now=NOW) == (message_id,)
    assert messages.claim_for_sending(connection, message_id, NOW) is not None


def test_a_locked_message_is_skipped(module_engine: Engine) -> None:
    with module_engine.begin() as connection:
        message_id = enqueue(connection, "locked")
    assert message_id is not None
    with module_engine.begin() as first, module_engine.begin() as second:
        assert messages.claim_for_sending(first, message_id, NOW) is not None
        assert messages.claim_for_sending(second, message_id, NOW) is None


def test_acts_are_append_only(connection: Connection) -> None:
    member_id = new_member(connection)
    acts.record(
        connection,
        actor="staff:1",
        what="top_up",
        at=NOW,
        origin="o1",
        key="k1",
        member_id=member_id,
        detail={"paid_fen": 500},
    )
    acts.record(connection, actor="system", what="expiry", at=NOW, origin="", key="k2")
    assert [act.what for act in acts.latest(connection)] == ["expiry", "top_up"]
    [act] = acts.latest(connection, member_id=member_id)
    assert act.detail == {"paid_fen": 500}
    with pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text("UPDATE act SET what = 'nothing'"))
