"""发券: a member is given coupons, by a manager or above (rows C1, D2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import coupons
from actions.counter.coupons import ISSUERS, MAX_BY_STAFF, IssueOffer
from actions.house import Denied
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import reading, whom
from bot.staff.command import Complaint, StaffCommand
from shop import coupons as rules
from shop.model import CouponKind, Shop, normal_word

_COUNT = re.compile(r"[xX×*]?(?P<count>\d{1,4}|[一两二三四五六七八九十])张?")
KINDS_SHOWN = 12


@dataclass(frozen=True)
class Issue:
    who: str
    kind_id: str
    count: int


def parse(shop: Shop, rest: str) -> Issue | Complaint | None:
    if not rest:
        return Complaint("coupon_issue_usage")
    if not shop.coupons:
        return Complaint("coupon_issue_none")
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    kind, count = _kind_and_count(shop, others.split())
    if kind is None:
        return Complaint("coupon_issue_which", {"word": others[:20], "kinds": _names(shop)})
    if not 1 <= count <= MAX_BY_STAFF:
        return Complaint("coupon_issue_count", {"most": MAX_BY_STAFF})
    return Issue(who, kind.id, count)


def _kind_and_count(shop: Shop, said: list[str]) -> tuple[CouponKind | None, int]:
    """The coupon named by all words, or by all but a count at either end."""
    whole = _by_word(shop, "".join(said))
    if whole is not None:
        return whole, 1
    for words, last in ((said[:-1], said[-1:]), (said[1:], said[:1])):
        found = _COUNT.fullmatch(last[0]) if last else None
        kind = _by_word(shop, "".join(words)) if found else None
        if kind is not None and found is not None:
            return kind, reading.count(found["count"]) or 0
    return None, 1


def _by_word(shop: Shop, word: str) -> CouponKind | None:
    wanted = normal_word(word)
    for kind in shop.coupons:
        if wanted in {normal_word(said) for said in (kind.id, kind.name, *kind.aliases)}:
            return kind
    return None


def _names(shop: Shop) -> str:
    named = [kind.name for kind in shop.coupons]
    return "、".join(named[:KINDS_SHOWN]) + ("……" if len(named) > KINDS_SHOWN else "")


def _answer(turn: Turn, command: Issue) -> Reply:
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    offer = coupons.offer_issue(
        turn.house,
        staff_openid=turn.person.openid,
        member_id=member.id,
        kind_id=command.kind_id,
        count=command.count,
    )
    if isinstance(offer, Denied):
        return turn.reply(offer.code, **offer.detail)
    data: dict[str, object] = {"member_id": member.id, "kind_id": command.kind_id, "count": command.count}
    echo = turn.say("coupon_issue_echo", **_values(turn, offer, whom.shown_phone(turn, member, command.who)))
    return confirm.ask(turn, kind="coupon_issue", data=data, echo=echo, command=turn.text.strip())


def _values(turn: Turn, offer: IssueOffer, phone: str) -> dict[str, object]:
    shop = turn.house.shop
    return {
        "member": offer.member.name,
        "phone": phone,
        "coupon": offer.kind.name,
        "count": offer.count,
        "worth": rules.worth_text(shop, offer.kind),
        "until": rules.until_text(shop, offer.expires_at, turn.now),
    }


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """Give the coupons that the staff member has just said yes to; the key gives them once."""
    result = coupons.issue_by_staff(
        turn.house,
        staff_openid=turn.person.openid,
        member_id=int(str(pending.data["member_id"])),
        kind_id=str(pending.data["kind_id"]),
        count=int(str(pending.data["count"])),
        key=pending.key,
    )
    if isinstance(result, Denied):
        turn.memory.pending = None
        return turn.reply(result.code, **result.detail)
    confirm.settle_as(turn, turn.say("coupon_issue_what", coupon=result.offer.kind.name))
    return turn.reply(
        "coupon_issue_done",
        member=result.offer.member.name,
        phone=whom.shown_phone(turn, result.offer.member, ""),
        coupon=result.offer.kind.name,
        count=len(result.coupon_ids),
        told=turn.say("top_up_told" if result.told else "top_up_not_told"),
    )


COMMANDS: tuple[StaffCommand[Issue], ...] = (
    StaffCommand(
        ("发券", "送券"), "coupon_issue_help", parse, _answer, usage="coupon_issue_usage", roles=ISSUERS
    ),
)
CONFIRMED: dict[str, Confirmed] = {"coupon_issue": _confirmed}
