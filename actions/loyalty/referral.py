"""Bringing a friend: who came by whose code, and the reward when the friend pays (features A7, D3).

One inviter for life, one level, a fixed reward, nothing for sharing (wechat-protocol §8; State Council
regulation on pyramid selling, article 7). Nothing here looks at the inviter's own inviter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

import structlog
from sqlalchemy import Connection

from actions import notices
from actions.house import Denied, House
from actions.loyalty import pictures, referral_rewards
from actions.loyalty.rewards import home_store
from actions.review import approvals
from ledger import book
from ledger.book import Busy
from ledger.book.driver import single_statements
from ledger.records import members, referral_codes, referral_grants, referrals, staff
from ledger.records.members import Member
from ledger.records.pictures import Picture
from ledger.records.referrals import Referral
from shop import giving, texts
from shop.giving import Giving
from shop.model import ReferralReward, Shop

SCENE_PREFIX = "ref."
SCENE_DIGITS = 16
TRIES = 5
BURST_WINDOW = timedelta(hours=1)
SHOWN = 20

log = structlog.get_logger()

PaidKind = Literal["top_up", "purchase"]


@dataclass(frozen=True)
class Recommended:
    """A newcomer came by a member's code."""

    inviter_name: str
    newcomer_gets: str


@dataclass(frozen=True)
class PosterQueued:
    """The poster is on its way; what each side gets, in words ("" for nothing)."""

    inviter_gets: str
    newcomer_gets: str


@dataclass(frozen=True)
class Friend:
    """One who came, as the inviter may see him."""

    masked_name: str
    state: str
    cause: str
    followed_at: datetime


@dataclass(frozen=True)
class Friends:
    """Who came by a member's code, newest first, at most 20; `earned` in words."""

    friends: tuple[Friend, ...]
    count: int
    by_state: dict[str, int]
    earned: str


def send_poster(house: House, *, openid: str, key: str) -> PosterQueued | Denied:
    """Queue the member's own poster; WeChat's code on it is made, or renewed, when it is drawn."""
    rules, now = house.shop.referral, house.clock()
    if not rules.is_on:
        return Denied("referral_off")
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        if not rules.staff_may_invite and staff.by_openid(connection, openid) is not None:
            return Denied("referral_staff")
        _own_scene(house, connection, member)
        text = texts.say(house.shop, "poster_picture", shop=house.shop.name)
        picture = Picture("poster", str(member.id))
        pictures.queue(house, connection, member, picture, key=f"poster:{key}", text=text, now=now)
    return PosterQueued(reward_text(house, rules.inviter), reward_text(house, rules.newcomer))


def _own_scene(house: House, connection: Connection, member: Member) -> None:
    for _ in range(TRIES):
        scene = SCENE_PREFIX + house.random_digits(SCENE_DIGITS)
        if referral_codes.ensure(connection, member_id=member.id, scene=scene) is not None:
            return
    raise RuntimeError("no free scene was found")


def reward_pieces(shop: Shop, reward: ReferralReward) -> tuple[str, ...]:
    """Each thing that a side gets, as it is read."""
    what = Giving(
        gift_fen=reward.gift_fen,
        points=reward.points,
        coupons=reward.coupons,
        entitlements=reward.entitlements,
    )
    return tuple(piece for piece in giving.pieces(shop, what) if piece)


def reward_text(house: House, reward: ReferralReward) -> str:
    """What a side gets: ¥20.00 + 200 积分."""
    return " + ".join(reward_pieces(house.shop, reward))


def record_follow(
    house: House, connection: Connection, *, openid: str, scene: str, now: datetime
) -> Recommended | None:
    """Note the inviter of somebody who came by a member's code; None when nothing is noted.

    Newcomers only: the account never had a card here, is not staff, and is not the inviter's own. The first
    inviter stays. That somebody who unfollowed is none is the caller's to know.
    """
    rules = house.shop.referral
    if not rules.is_on or not scene.startswith(SCENE_PREFIX):
        return None
    inviter_id = referral_codes.inviter_of(connection, scene)
    inviter = members.by_id(connection, inviter_id) if inviter_id is not None else None
    if inviter is None or not _may_bring(house, connection, inviter, openid):
        return None
    if referrals.follow(connection, openid=openid, inviter_id=inviter.id, at=now) is None:
        return None
    return Recommended(inviter.name, reward_text(house, rules.newcomer))


def _may_bring(house: House, connection: Connection, inviter: Member, openid: str) -> bool:
    if inviter.openid is None or referrals.own_account(connection, inviter.id, openid):
        return False
    if referrals.had_card(connection, openid) or staff.by_openid(connection, openid) is not None:
        return False
    if referrals.brought_by(connection, openid=openid, inviter_id=inviter.id):
        return False
    return house.shop.referral.staff_may_invite or staff.by_openid(connection, inviter.openid) is None


def after_paid(house: House, *, member_id: int, kind: PaidKind, amount_fen: int, transfer_id: int) -> None:
    """A member topped up or bought, and it is committed: what he came by is earned now.

    A transaction of its own, which locks both wallets in the order of their ids before anything else; so no
    two payments can wait for each other, and no payment fails for a referral's sake. One look when nothing is
    pending. May be repeated; what a crash or a busy wallet leaves out, `earn_missed` finds.
    """
    if not house.shop.referral.is_on:
        return
    with single_statements(house.engine) as connection:
        if not referrals.has_open(connection, member_id):
            return
    try:
        _earn_in_turn(house, member_id, kind, amount_fen, transfer_id)
    except Busy:
        log.warning("referral.busy", member_id=member_id, transfer_id=transfer_id)


def _earn_in_turn(house: House, member_id: int, kind: str, amount_fen: int, transfer_id: int) -> bool:
    with house.engine.begin() as connection:
        pending = referrals.open_of(connection, member_id)
        inviter = _inviter(connection, pending) if pending is not None else None
        if inviter is None:
            return False
        book.lock_wallets(connection, [inviter.id, member_id])
        return _on_paid(house, connection, member_id, kind, amount_fen, transfer_id)


def earn_missed(house: House) -> int:
    """Payments of newcomers that nobody looked at yet; how many earned something.

    For the worker, every few minutes: payments that a second person approved come this way, and what a crash
    or a busy wallet left out.
    """
    rules, earned = house.shop.referral, 0
    if not rules.is_on:
        return 0
    kinds = {"top_up", "purchase"} if rules.on == "any" else {rules.on}
    since = house.clock() - timedelta(days=rules.valid_days)
    with house.engine.connect() as connection:
        missed = referrals.paid_but_pending(
            connection, kinds=kinds, minimum_fen=max(1, rules.minimum_fen), since=since
        )
    for member_id, kind, amount_fen, transfer_id in missed:
        earned += _earn_in_turn(house, member_id, kind, amount_fen, transfer_id)
    return earned


def _on_paid(
    house: House, connection: Connection, member_id: int, kind: str, amount_fen: int, transfer_id: int
) -> bool:
    """Both wallets are locked. True when the pending referral moved on."""
    rules, now = house.shop.referral, house.clock()
    pending = referrals.open_of(connection, member_id)  # as it stands under the locks
    if pending is None or rules.on not in ("any", kind) or amount_fen < max(1, rules.minimum_fen):
        return False
    newcomer = members.by_id(connection, member_id)
    inviter = _inviter(connection, pending)
    if newcomer is None or inviter is None or referrals.is_payment_undone(connection, transfer_id):
        return False
    refused = _refusal(house, connection, pending, inviter, newcomer, now)
    if refused:
        return referrals.move(
            connection, pending.id, {"pending"}, "refused", now=now, actor="system", cause=refused
        )
    return _earn(house, connection, pending, inviter, newcomer, transfer_id, now)


def _inviter(connection: Connection, referral: Referral) -> Member | None:
    inviter = members.by_id(connection, referral.inviter_id)
    if inviter is not None and inviter.merged_into is not None:
        return members.by_id(connection, inviter.merged_into)
    return inviter


def _refusal(
    house: House, connection: Connection, pending: Referral, inviter: Member, newcomer: Member, now: datetime
) -> str:
    """Why this newcomer earns nobody anything, or ""."""
    rules = house.shop.referral
    if inviter.id == newcomer.id or referrals.own_account(connection, inviter.id, pending.invitee_openid):
        return "self"
    if newcomer.joined_at < pending.followed_at:
        return "known_card"  # an older card found by its phone: no newcomer
    if staff.by_openid(connection, pending.invitee_openid) is not None:
        return "staff"
    if now > pending.followed_at + timedelta(days=rules.valid_days):
        return "late"
    return ""


def _earn(
    house: House,
    connection: Connection,
    pending: Referral,
    inviter: Member,
    newcomer: Member,
    transfer_id: int,
    now: datetime,
) -> bool:
    rules = house.shop.referral
    burst_start = pending.followed_at - BURST_WINDOW
    burst_end = pending.followed_at + BURST_WINDOW
    came = referrals.follows_between(connection, inviter.id, burst_start, burst_end)
    capped = _over_cap(house, connection, inviter.id, now)
    state: Literal["waiting", "held", "granted"] = "granted"
    due_at = None
    if came > rules.burst_per_hour:
        state = "held"
    elif rules.after_refund_window:
        state, due_at = "waiting", now + timedelta(days=house.shop.law.refund_days)
    earned = referrals.earn(
        connection,
        pending,
        state,
        invitee_id=newcomer.id,
        inviter_id=inviter.id,
        transfer_id=transfer_id,
        cause="cap" if capped else "burst" if state == "held" else "",
        now=now,
        due_at=due_at,
    )
    if earned and state == "granted":
        referral_rewards.give_both(
            house, connection, pending.id, inviter, newcomer, inviter_gets=not capped, now=now
        )
    if earned and state == "held":
        _tell_managers(house, connection, pending.id, inviter, came, now)
    return earned


def _tell_managers(
    house: House, connection: Connection, referral_id: int, inviter: Member, came: int, now: datetime
) -> None:
    """Who may let a held reward go; told once a referral, in the inviter's home store."""
    for manager in approvals.deciders(connection, home_store(house, inviter), but=0):
        notices.notify_staff(
            house,
            connection,
            key=f"referral_held:{referral_id}:{manager.id}",
            to=manager,
            kind="referral_held",
            text=texts.say(
                house.shop, "referral_held_told", number=referral_id, inviter=inviter.name, came=came
            ),
            now=now,
        )


def _over_cap(house: House, connection: Connection, inviter_id: int, now: datetime) -> bool:
    """Asked under the inviter's wallet lock, so that two newcomers at once cannot both be the last one."""
    rules, zone = house.shop.referral, house.shop.zone
    today = now.astimezone(zone).date()
    day = datetime.combine(today, time.min, zone)
    month = datetime.combine(today.replace(day=1), time.min, zone)
    return (
        referrals.earned_since(connection, inviter_id, day) >= rules.per_day
        or referrals.earned_since(connection, inviter_id, month) >= rules.per_month
    )


def friends(house: House, *, openid: str) -> Friends | Denied:
    """Who came by the member's code, what is pending and what was earned; names masked."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        found = referrals.of_inviter(connection, member.id)
        kept = referral_grants.earned_by(connection, member.id)
    shown = tuple(
        Friend(referral_rewards.friend_name(house, r), r.state, r.cause, r.followed_at) for r in found[:SHOWN]
    )
    by_state: dict[str, int] = dict(Counter(str(referral.state) for referral in found))
    return Friends(shown, len(found), by_state, referral_rewards.total_text(house, kept))
