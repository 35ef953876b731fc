"""Giving a referral's rewards, and those that wait for a manager (feature D3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from actions import notices, rights
from actions.counter import gifts
from actions.house import Denied, House
from actions.loyalty.rewards import home_store
from actions.membership.joining import UNNAMED
from ledger import book
from ledger.book import Header, Posted
from ledger.book.grants import grant
from ledger.records import members, referral_grants, referrals
from ledger.records.members import Member
from ledger.records.referral_grants import Granted, Side
from ledger.records.referrals import Referral
from shop import giving, texts, words
from shop import points as points_rules
from shop.giving import Giving
from shop.model import CouponGift, EntitlementGift, ReferralReward

MANAGERS = frozenset({"manager", "head_office", "owner"})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Held:
    """One referral that waits for a manager."""

    id: int
    inviter_name: str
    inviter_phone: str
    newcomer_name: str
    earned_at: datetime | None
    came_that_hour: int


def give_both(
    house: House,
    connection: Connection,
    referral_id: int,
    inviter: Member,
    newcomer: Member,
    *,
    inviter_gets: bool,
    now: datetime,
) -> None:
    """Give both sides their reward and tell them. The caller holds both wallets' locks."""
    rules = house.shop.referral
    sides: list[tuple[Side, Member, ReferralReward]] = [("newcomer", newcomer, rules.newcomer)]
    if inviter_gets:
        sides.append(("inviter", inviter, rules.inviter))
    for side, member, reward in sorted(sides, key=lambda each: each[1].id):
        if reward.is_empty:
            continue
        given = _give(house, connection, referral_id, side, member, reward, now)
        if given is None:  # the card was closed meanwhile, or the coupons are over
            referrals.note(connection, referral_id, f"{side}_nothing", at=now, actor="system")
            continue
        referral_grants.add(connection, referral_id, given, at=now)
        other = newcomer if side == "inviter" else inviter
        _tell(house, connection, referral_id, side, member, other, given, now)


def source_key(referral_id: int, side: Side) -> str:
    """Under which a side's reward is in the book, and its coupons are given."""
    return f"referral:{referral_id}:{side}"


def _give(
    house: House,
    connection: Connection,
    referral_id: int,
    side: Side,
    member: Member,
    reward: ReferralReward,
    now: datetime,
) -> Granted | None:
    key = source_key(referral_id, side)
    transfer_id = None
    if reward.points or reward.gift_fen or reward.entitlements:
        header = Header(
            key=key,
            store_id=home_store(house, member),
            actor="system",
            member_id=member.id,
            occurred_at=now,
            recorded_at=now,
            memo=texts.say(house.shop, "referral_memo"),
        )
        outcome = grant(
            connection,
            header,
            reason="referral",
            points=reward.points,
            points_expires_at=points_rules.expires_at(house.shop, now),
            gift_fen=reward.gift_fen,
            gift_expires_at=points_rules.gift_expires_at(house.shop, now),
            entitlements=gifts.grants(house.shop, reward.entitlements, now),
        )
        if not isinstance(outcome, Posted):
            return None
        transfer_id = outcome.transfer_id
    issued = {
        gift.coupon: gift.count
        for gift in reward.coupons
        if gifts.issue_coupons(
            house,
            connection,
            member_id=member.id,
            store_id=home_store(house, member),
            gifts=(gift,),
            key=key,
            now=now,
            source_transfer_id=transfer_id,
        )
    }
    if transfer_id is None and not issued:
        return None
    return Granted(side, member.id, transfer_id, _content(reward, issued))


def _content(reward: ReferralReward, coupons: dict[str, int]) -> dict[str, Any]:
    return {
        "points": reward.points,
        "gift_fen": reward.gift_fen,
        "coupons": coupons,
        "entitlements": {gift.pack: gift.amount for gift in reward.entitlements},
    }


def total_text(house: House, contents: Iterable[dict[str, Any]]) -> str:
    """Several rewards added up, in words; "" for none. What the shop no longer has is left out."""
    points = gift_fen = 0
    coupons: Counter[str] = Counter()
    packs: Counter[str] = Counter()
    for content in contents:
        points += content["points"]
        gift_fen += content["gift_fen"]
        coupons.update(content["coupons"])
        packs.update(content["entitlements"])
    known_coupons = {kind.id for kind in house.shop.coupons}
    known_packs = {pack.id for pack in house.shop.packs}
    total = Giving(
        gift_fen=gift_fen,
        points=points,
        coupons=tuple(
            CouponGift.model_construct(coupon=c, count=n) for c, n in coupons.items() if c in known_coupons
        ),
        entitlements=tuple(
            EntitlementGift.model_construct(pack=p, amount=n) for p, n in packs.items() if p in known_packs
        ),
    )
    return " + ".join(piece for piece in giving.pieces(house.shop, total) if piece)


def friend_name(house: House, referral: Referral) -> str:
    """A friend's name as another member may read it: 王*."""
    known = referral.invitee_name and referral.invitee_name != UNNAMED
    return words.masked_name(referral.invitee_name) if known else texts.say(house.shop, "friend_unnamed")


def _tell(
    house: House,
    connection: Connection,
    referral_id: int,
    side: Side,
    member: Member,
    other: Member,
    given: Granted,
    now: datetime,
) -> None:
    friend = texts.say(house.shop, "friend_unnamed")
    notices.notify_member(
        house,
        connection,
        key=f"referral_granted:{referral_id}:{side}",
        member_id=member.id,
        kind="referral_reward",
        text=texts.say(
            house.shop,
            f"referral_granted_{side}",
            shop=house.shop.name,
            friend=friend if other.name == UNNAMED else words.masked_name(other.name),
            what=total_text(house, [given.content]),
        ),
        now=now,
    )


def grant_now(
    house: House,
    connection: Connection,
    referral: Referral,
    expected: set[referrals.ReferralState],
    actor: str,
    now: datetime,
) -> bool:
    """Give an earned referral's rewards, from one of the expected states; the caller holds both locks."""
    inviter = members.by_id(connection, referral.inviter_id)
    newcomer = members.by_id(connection, referral.invitee_id or 0)
    if inviter is None or newcomer is None:
        return False
    capped = referral.cause == "cap"
    if not referrals.move(
        connection, referral.id, expected, "granted", now=now, actor=actor, cause="cap" if capped else ""
    ):
        return False
    give_both(house, connection, referral.id, inviter, newcomer, inviter_gets=not capped, now=now)
    return True


def list_held(house: House, *, staff_openid: str) -> tuple[Held, ...] | Denied:
    """What waits for a manager, because too many came by one code in an hour."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=MANAGERS)
        if isinstance(acting, Denied):
            return acting
        return tuple(_held(connection, referral) for referral in referrals.held(connection))


def _held(connection: Connection, referral: Referral) -> Held:
    inviter = members.by_id(connection, referral.inviter_id)
    start, end = referral.followed_at - _HOUR, referral.followed_at + _HOUR
    return Held(
        referral.id,
        inviter.name if inviter else "",
        (inviter.phone or "") if inviter else "",
        referral.invitee_name,
        referral.earned_at,
        referrals.follows_between(connection, referral.inviter_id, start, end),
    )


def decide(house: House, *, staff_openid: str, referral_id: int, allow: bool) -> Referral | Denied:
    """A manager lets a held reward go, or refuses it for good. Nobody decides about his own card."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=MANAGERS)
        if isinstance(acting, Denied):
            return acting
        found = referrals.by_id(connection, referral_id)
        if found is None or found.state != "held" or found.invitee_id is None:
            return Denied("referral_not_held", {"number": referral_id})
        own = {
            member.openid
            for member in (
                members.by_id(connection, found.inviter_id),
                members.by_id(connection, found.invitee_id),
            )
            if member is not None
        }
        if acting.openid in own:
            return Denied("referral_own")
        book.lock_wallets(connection, [found.inviter_id, found.invitee_id])
        actor = f"staff:{acting.id}"
        if allow:
            done = grant_now(house, connection, found, {"held"}, actor, now)
        else:
            done = referrals.move(
                connection, found.id, {"held"}, "refused", now=now, actor=actor, cause="manager"
            )
        if not done:
            return Denied("referral_not_held", {"number": referral_id})
        what = "referral_allow" if allow else "referral_refuse"
        rights.sign(connection, acting, what, at=now, key=str(referral_id), member_id=found.inviter_id)
        return found
