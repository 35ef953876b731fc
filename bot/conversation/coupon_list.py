"""我的优惠券: what each is worth, over what, until when; what ends within seven days is marked (row D2)."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

from actions.counter import coupons
from actions.counter.coupons import CouponGroup
from actions.house import Denied
from bot.conversation.turn import Turn
from bot.messages import Reply
from shop import coupons as rules
from shop.periods import last_day

LINES_BYTES = 1500  # of the 2,048 that WeChat takes in one text (wechat-protocol §1.5)
SOON_DAYS = 7


def reply(turn: Turn, name: str) -> Reply:
    """The coupons of the card bound to this WeChat account, the first to expire in front."""
    mine = coupons.my_coupons(turn.house, openid=turn.person.openid)
    if isinstance(mine, Denied):
        return turn.reply(mine.code, **mine.detail)
    if not mine.groups:
        return turn.reply("coupons_none", name=name)
    lines = _fitting([_line(turn, group) for group in mine.groups])
    left = len(mine.groups) - len(lines)
    more = turn.say("coupons_more", count=left) if left else ""
    text = turn.say("coupons_list", name=name, count=mine.count, lines="".join(lines))
    return Reply(text + more + turn.say("coupons_how"))


def _fitting(lines: list[str]) -> list[str]:
    """The first lines, as many as one message takes; never none."""
    sizes = accumulate(len(line.encode()) for line in lines)
    return lines[: max(1, sum(size <= LINES_BYTES for size in sizes))]


def _line(turn: Turn, group: CouponGroup) -> str:
    shop = turn.house.shop
    today = turn.now.astimezone(shop.zone).date()
    soon = last_day(group.expires_at, shop.zone) <= today + timedelta(days=SOON_DAYS)
    return turn.say(
        "coupons_line_soon" if soon else "coupons_line",
        coupon=group.kind.name,
        many=f" ×{group.count}" if group.count > 1 else "",
        worth=rules.worth_text(shop, group.kind),
        until=rules.until_text(shop, group.expires_at, turn.now),
    )
