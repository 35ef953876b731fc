"""Levels over a real book: won, told, renewed, kept in grace, lost, withdrawn; gifts given once (row D1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from rules_kit import changed, local
from rules_support import Scene, sound
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from actions.counter import coupons
from actions.membership import levels, levels_nightly
from ledger.records import coupons as coupon_records
from ledger.records import instalments
from ledger.records import levels as records
from shop.files import loads


@pytest.fixture
def scene(engine: Engine) -> Iterator[Scene]:
    with sound(engine):
        yield Scene(engine)


@pytest.fixture
def member_id(scene: Scene) -> int:
    return scene.hire()


def reassess(scene: Scene, member_id: int, by: str, transfer: int | None = None) -> levels.LevelChange | None:
    cause: dict[str, str | int | None] = {"by": by} | ({"transfer": transfer} if transfer else {})
    with scene.engine.begin() as connection:
        return levels.reassess(scene.house, connection, member_id, scene.now, cause)


def level(scene: Scene, member_id: int) -> str:
    with scene.engine.connect() as connection:
        return levels.current(connection, scene.shop, member_id, scene.now).id


def night(scene: Scene) -> levels_nightly.LevelNight:
    return levels_nightly.care_for_levels(scene.house)


def matured(scene: Scene, member_id: int) -> int:
    """Ten visits, judged after the last: 成熟会员."""
    last = scene.buy(member_id, 19_800, times=10)
    change = reassess(scene, member_id, "purchase", last)
    assert change is not None
    assert change.level.id == "mature"
    return last


def test_a_level_is_won_with_its_cause_its_gifts_and_a_message(scene: Scene, member_id: int) -> None:
    scene.buy(member_id, 19_800, times=2)
    assert reassess(scene, member_id, "purchase") is None
    third = scene.buy(member_id, 19_800)
    change = reassess(scene, member_id, "purchase", third)
    assert change is not None
    assert (change.before.id, change.level.id, change.until, change.move) == ("fresh", "grown", None, "up")
    assert reassess(scene, member_id, "purchase", third) is None
    matured_by = matured_after_more(scene, member_id)
    with scene.engine.connect() as connection:
        rows = records.history(connection, member_id)
    assert [(row.level, row.cause) for row in rows] == [
        ("mature", {"by": "purchase", "transfer": matured_by}),
        ("grown", {"by": "purchase", "transfer": third}),
    ]
    assert scene.balances(member_id).points == 500
    assert [(e.code, e.amount) for e in scene.balances(member_id).entitlements] == [("facial_10", 1)]
    assert scene.messages("level") == [
        "恭喜您升级为成长会员！",
        "恭喜您升级为成熟会员！\n另送您：500 积分、做脸十次 1次\n有效期到2027年10月20日。",
    ]


def matured_after_more(scene: Scene, member_id: int) -> int:
    last = scene.buy(member_id, 19_800, times=7)
    assert reassess(scene, member_id, "purchase", last) is not None
    return last


def test_who_never_was_judged_has_the_level_of_his_figures(scene: Scene, member_id: int) -> None:
    assert level(scene, member_id) == "fresh"
    scene.buy(member_id, 100, times=3)
    assert level(scene, member_id) == "grown"
    with scene.engine.connect() as connection:
        card = levels.standing(connection, scene.shop, member_id, scene.now)
    assert card.next is not None
    assert card.next.level.id == "mature"


def test_what_is_still_earned_is_renewed_at_night(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    scene.now = local(2027, 10, 20, 23, 59)
    scene.buy(member_id, 19_800, times=10)
    assert night(scene).changed == 0
    scene.now = local(2027, 10, 21, 0, 0)
    assert night(scene).changed == 1
    assert night(scene).changed == 0
    assert level(scene, member_id) == "mature"
    assert scene.messages("level")[-1] == "您的成熟会员已续期到2028年10月21日，谢谢您一直来。"
    assert scene.due("level")[-1] == local(2027, 10, 21, 9, 30)  # not at midnight


def test_grace_is_told_once_and_the_level_goes_after_it(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    scene.now = local(2027, 10, 21, 4, 17)
    assert (night(scene).in_grace, night(scene).in_grace) == (1, 1)
    warnings = [said for said in scene.messages("level") if "保留" in said]
    assert warnings == [
        "您的成熟会员已到期，店里为您保留到2027年11月19日。再到店 10 次，或再消费 ¥3,000就能继续享受。"
    ]
    assert level(scene, member_id) == "mature"
    scene.now = local(2027, 11, 20, 4, 17)
    assert night(scene).changed == 1
    assert level(scene, member_id) == "grown"  # three visits count for ever
    assert "您的成熟会员已到期，现在是成长会员。" in scene.messages("level")[-1]


def test_a_visit_in_grace_keeps_the_level(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    scene.now = local(2027, 10, 30, 12)
    last = scene.buy(member_id, 400_000)
    change = reassess(scene, member_id, "purchase", last)
    assert change is not None
    assert (change.move, change.level.id) == ("renewed", "mature")


def test_what_a_reversed_purchase_won_is_withdrawn_with_its_gifts(scene: Scene, member_id: int) -> None:
    last = matured(scene, member_id)
    with scene.engine.connect() as connection:
        caused = instalments.caused_by(connection, last)
    assert len(caused) == 1
    for transfer_id in (*caused, last):
        reversal = scene.reverse(member_id, transfer_id)
    change = reassess(scene, member_id, "reversal", reversal)
    assert change is not None
    assert (change.before.id, change.level.id, change.move) == ("mature", "grown", "withdrawn")
    assert scene.balances(member_id).points == 0
    assert scene.balances(member_id).entitlements == ()
    assert reassess(scene, member_id, "reversal", reversal) is None
    again = matured(scene, member_id)  # ten more: the gift comes again, since the first was taken back
    with scene.engine.connect() as connection:
        assert len(instalments.caused_by(connection, again)) == 1
    assert scene.balances(member_id).points == 500


def test_the_gift_of_a_level_comes_once_in_a_members_life(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    scene.now = local(2027, 11, 20, 4, 17)
    assert night(scene).changed == 1
    given = scene.balances(member_id).points
    matured(scene, member_id)
    assert scene.balances(member_id).points == given
    assert "另送您" not in scene.messages("level")[-1]


def test_a_level_given_for_a_time_falls_back_to_the_one_below_it(scene: Scene, member_id: int) -> None:
    scene.buy(member_id, 100, times=3)
    reassess(scene, member_id, "purchase")
    with scene.engine.begin() as connection:
        cause = {"by": "tier", "tier": "top"}
        given = levels.give(
            scene.house, connection, member_id, level_id="loyal", months=1, now=scene.now, cause=cause
        )
        again = levels.give(
            scene.house, connection, member_id, level_id="mature", months=1, now=scene.now, cause=cause
        )
    assert given is not None
    assert given.until == local(2026, 11, 21)
    assert again is None
    assert scene.messages("level")[-1] == "送您忠诚会员身份，2026年11月20日前有效。"
    scene.now = local(2026, 11, 21, 4)
    assert night(scene).changed == 1
    assert level(scene, member_id) == "grown"


def test_gifts_of_the_month_come_once_a_month(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    assert [night(scene).monthly_gifts for _ in range(2)] == [1, 0]
    scene.now = local(2026, 10, 31, 23, 59)
    assert night(scene).monthly_gifts == 0
    scene.now = local(2026, 11, 1, 4, 17)
    assert night(scene).monthly_gifts == 1
    assert scene.balances(member_id).points == 500 + 2 * 50
    assert scene.messages("level")[-1] == "成熟会员本月礼到了：50 积分。来店里用就好。"


@pytest.mark.parametrize(
    ("birthday", "nights", "given"),
    [
        (
            date(1992, 10, 21),
            [local(2026, 10, 20, 23, 59), local(2026, 10, 21), local(2026, 10, 22)],
            [0, 1, 0],
        ),
        (date(1992, 2, 29), [local(2027, 2, 27, 4), local(2027, 2, 28, 4), local(2027, 3, 1, 4)], [0, 1, 0]),
        (date(1992, 2, 29), [local(2027, 3, 2, 4), local(2027, 3, 3, 4)], [1, 0]),  # two nights were missed
        (date(1992, 2, 29), [local(2027, 3, 3, 4)], [0]),
    ],
)
def test_a_birthday_gift_comes_once_a_year(
    scene: Scene, member_id: int, birthday: date, nights: list[object], given: list[int]
) -> None:
    matured(scene, member_id)
    scene.born(member_id, birthday)
    done = []
    for each in nights:
        scene.now = each  # type: ignore[assignment]
        done.append(night(scene).birthday_gifts)
    assert done == given
    assert sum("生日快乐" in said for said in scene.messages("level")) == sum(given)


def test_a_new_shop_yml_without_a_level_judges_its_members_anew(scene: Scene, member_id: int) -> None:
    scene.buy(member_id, 100, times=3)
    reassess(scene, member_id, "purchase")
    shop = loads(changed("  - id: grown\n    name: 成长会员", "  - id: friend\n    name: 好友"))
    later = Scene(scene.engine, shop, scene.now)
    change = reassess(later, member_id, "purchase")
    assert change is not None
    assert (change.level.id, change.move) == ("friend", "rules")
    assert scene.messages("level")[-1] == "店里调整了会员等级，您现在是好友。"


def test_the_history_of_levels_cannot_be_changed(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    for statement in ("UPDATE member_level SET level = 'loyal'", "DELETE FROM member_level"):
        with pytest.raises(DBAPIError, match="append-only"), scene.engine.begin() as connection:
            connection.execute(text(statement))


def test_two_nights_at_once_give_once(scene: Scene, member_id: int) -> None:
    matured(scene, member_id)
    scene.now += timedelta(days=1)
    assert night(scene).monthly_gifts + night(Scene(scene.engine, scene.shop, scene.now)).monthly_gifts == 1


def test_gifts_of_coupons_alone_come_once_too(scene: Scene, member_id: int) -> None:
    coupons_only = changed("monthly: {points: 50}", "monthly: {coupons: [{coupon: off20}]}").replace(
        "on_reaching: {points: 500, entitlements: [{pack: facial_10, amount: 1}]}",
        "on_reaching: {coupons: [{coupon: off20, count: 2}]}",
    )
    scene.shop = loads(coupons_only)
    scene.__post_init__()

    def in_hand() -> int:
        with scene.engine.connect() as connection:
            return len(coupons.held(connection, member_id, scene.now))

    last = matured(scene, member_id)
    assert in_hand() == 2
    assert [night(scene).monthly_gifts for _ in range(2)] == [1, 0]
    assert in_hand() == 3
    with scene.engine.begin() as connection:
        assert coupon_records.undo(connection, last, at=scene.now).taken  # as a reversal of the purchase does
    assert in_hand() == 1
    scene.now = local(2027, 11, 20, 4, 17)
    assert night(scene).changed == 1
    matured(scene, member_id)  # those for reaching it were taken back, so they come again
    assert in_hand() == 2
