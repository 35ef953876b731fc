"""Two wishes in one sentence: 先看下余额再帮我约周六下午三点的洗脸 → 看下余额 · 帮我约周六下午三点的洗脸.

A sentence is cut only where both sides are wishes of their own and different ones; where that is in doubt it
stays whole, since a wish said in two breaths (约周六，下午三点) is commoner than two wishes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 200
"""Characters; what is longer is not cut."""
MOST_WISHES = 4
"""More than this in one message is a list, and the bot would talk for a page: it stays whole."""

_FIGURE = "0-9零一二两三四五六七八九十百千万俩"
_SAID = rf"""
human = 人工|真人客服|找店长|投诉
statement = 消费记录|充值记录|交易记录|账单|明细|流水|花了多少|充了多少|消费了多少|扣了多少|(?:花|用)在?哪
level = 等级|级别|几级|升级|升(?:金|银|钻)
referral = 海报|推荐码|邀请码|(?:推荐|邀请|介绍)(?:个|我的)?(?:朋友|好友|闺蜜|同事)
redeem = (?:积分|分).{{0,6}}(?:换|兑)|兑换|能换(?:什么|啥)|(?:换|兑)(?:[{_FIGURE}]|个|张|盒|点东西|礼)
points = (?<!送)积分|多少分(?!钟)
offers = (?:充|储|存|冲).{{0,8}}(?:送|优惠|活动|划算)|(?:充值|储值)(?:优惠|活动)|有什么活动
refund = 退款|退钱|退卡|退余额|退储值|(?:余额|钱).{{0,4}}退|退(?:我|给我)
topup = 充值|储值|续费|冲值|(?:充|存|冲|续)(?:个|点|上|进|它)?[{_FIGURE}]
topup = (?:充|存)(?:点|些)?钱|(?:充|存)上?[两几一]?[百千万]
balance = 余额|(?:卡里|卡上|卡内|账户|卡)(?:里|上)?(?:还)?(?:剩|有)?(?:多少|剩多少|有多少)
balance = (?:卡里|卡上)的?钱(?:还|有|剩|够)|还剩多少钱|剩多少钱
coupons = 优惠券|代金券|有(?:没有)?券|什么券|几张券|卡券
benefits = 次卡|几次(?!方)|多少次|几节|课时|疗程|剩余次数
pay = 付款码|会员码|支付码|买单|结账|付账|埋单
profile = (?:改|换|更新|修改|登记)(?:一下|下|我的|个|成)*(?:手机|号码|电话|生日|名字|资料)
profile = (?:手机号?|生日|电话).{{0,4}}(?:改|换)
join = 入会|办(?:张|个)?会员|办卡|开卡|绑卡|绑定会员|成为会员
mute = (?:别|不要|不用)再?(?:给我)?(?:发|推)(?:消息|广告|短信|推送|活动)?|关(?:掉|闭)提醒|退订
move = 改(?:到|成|为|约|期|时间|个时间|一下时间|在|周|明|后|下)|挪|推迟|延后|提前到|换到|换个时间
cancel = 取消|撤(?:掉|了|销)|退掉|(?:不去|去不了|来不了|不来)了?
mine = 我的预约|约(?:的|了)(?:是)?(?:几点|什么时候|哪天|谁)|约了(?:什么|哪些)
slots = 有(?:没有)?(?:空|位|号|档期|时间)|空位|空不空|在不在|什么时候能约|能约
book = 预约|(?<![大制条合])约(?!会|定俗|束|等于|莫)|[订定](?:个|一个|位|明|周|下|后)
book = 排(?:个|一个|一下)|留个?位
services = 多少钱|什么价|价格|价目|价位|怎么收费|收费标准|有(?:什么|哪些)项目|几钱
store = 地址|(?:店|你们|你家)在哪|怎么走|几点(?:开|关|下班|打烊|营业)|营业|停车|店里电话|开门|关门
"""
_BOOKING = frozenset({"move", "cancel", "mine", "slots", "book"})
_TAKES_DETAILS = frozenset(
    {"book", "slots", "move", "cancel", "topup", "redeem", "refund", "join", "profile"}
)
"""Wishes to which a stretch without a verb (下午三点, 找小红, 两位) belongs."""

_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (line.split(" = ", 1) for line in _SAID.strip().splitlines())
)
_NEGATED = re.compile(
    r"(?<![要能是可好])(?:不是|不用|不要|不想|别|没说|没有要|没要|先不|暂时不|不再|还没|不)(?:要|想|再|去|用|是)?"
    r"(?:充|退|约|取消|换|订|改|买单|办|预约|兑|续|查)"
)
_CONDITION = re.compile(
    r"如果|要是|假如|的话|万一"
    r"|(?:不够|没有|没了|够了?|有位|有空|到期|合适|可以|不行|没位)(?:的话)?就?$"
    r"|^(?:那|不然|否则|够的?|合适|行的|可以)就?"
)
_MARK = r"[,，。.;；!！?？、\s]+"
_JOINT = re.compile(
    rf"(?P<mark>{_MARK})|(?P<strong>然后|顺便|顺带|顺道|另外|再就是|接着|接下来|完事|并且|同时|外加|以及|再有"
    r"|还有(?:就是)?(?=[我那你帮给想把查积余优充约推退预,，、]|看[看下一]))"
    r"|(?P<again>再(?!见|次|说|会|过|等|来吧))|(?P<also>也(?=帮|给|想|要|查|看|约|充)|还(?=想|要|得|帮))"
    r"|(?P<noun>和|跟|与|加上)"
)
_LEADING = re.compile(
    rf"^(?:{_MARK}|然后|顺便|顺带|顺道|另外|还有(?:就是)?(?!几|多少|没)|再就是|接着|接下来|完事|并且|同时|外加|以及|再有"
    r"|再(?!见|次)|先(?!生)|首先|最后|也(?=帮|给|想|要|查|看|约|充)|还(?=想|要|得|帮))+"
)
_TRAILING = re.compile(rf"(?:{_MARK}|和|跟|与|以及|然后|再|顺便|另外|还有)+$")
_OWN_OBJECT = re.compile(r"^(?:就|那就|帮我|给我|能不能|可以|想|我想|麻烦)*(?:改|挪|推迟|换|延后|提前|往后)")


@dataclass(frozen=True)
class _Piece:
    """What stands between two joints, and how it is joined to what came before."""

    text: str
    joint: str
    before: str
    """The joining words themselves, given back when the pieces stay together."""

    @property
    def kind(self) -> str | None:
        """The wish it is, if it is one."""
        return _kind(self.text)

    @property
    def strong(self) -> bool:
        return self.joint in ("strong", "again", "also")


def _kind(text: str) -> str | None:
    if _NEGATED.search(text) or _CONDITION.search(text.strip()):
        return None
    return next((kind for kind, said in _KINDS if said.search(text)), None)


_INTENTS = {
    "balance": "query_balance",
    "points": "query_points",
    "statement": "query_statement",
    "level": "query_level",
    "coupons": "query_coupons",
    "benefits": "query_benefits",
    "offers": "query_topup_offers",
    "pay": "pay_code",
    "profile": "update_profile",
    "move": "reschedule_booking",
    "cancel": "cancel_booking",
    "mine": "query_bookings",
    "slots": "query_slots",
    "services": "query_services",
    "store": "store_info",
    "mute": "mute_reminders",
}


def likely_intent(text: str) -> str | None:
    """The intent whose words stand in the text; no more than a guess, to be asked back and never acted on."""
    kind = _kind(text[:LONGEST])
    return _INTENTS.get(kind, kind) if kind is not None else None


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    start, joint, before, scanned = 0, "", "", 0
    for found in _JOINT.finditer(text):
        if found.start() > start:
            pieces.append(_Piece(text[start : found.start()], joint, before))
            joint, before = "", ""
        before += text[max(scanned, found.start()) : found.end()]
        joint = _stronger(joint, str(found.lastgroup))
        start = scanned = found.end()
    if start < len(text):
        pieces.append(_Piece(text[start:], joint, before))
    return pieces


def _stronger(one: str, other: str) -> str:
    order = ("", "mark", "noun", "also", "again", "strong")
    return max(one, other, key=order.index)


_QUERIES = frozenset({"balance", "points", "coupons", "statement", "level", "benefits"})


def _is_another(first: str, piece: _Piece) -> bool:
    """Whether the piece is a wish beside the first, and not the same one said on."""
    second = piece.kind
    if second is None:
        return False
    if piece.joint == "noun":
        return second != first and {first, second} <= _QUERIES
    if {first, second} <= _BOOKING:
        return _is_another_booking(first, second, piece)
    if first == second:
        return piece.strong and first in _TAKES_DETAILS
    return {first, second} != {"topup", "offers"} or piece.strong


def _is_another_booking(first: str, second: str, piece: _Piece) -> bool:
    if second == "move":
        return not _OWN_OBJECT.match(piece.text) and (piece.strong or first in ("cancel", "move"))
    if piece.strong:
        return (first, second) != ("slots", "book") or piece.joint == "strong"
    return first == "mine" or (first == "book" and second == "cancel")


def split_wishes(text: str) -> tuple[str, ...]:
    """The wishes of one message, each in its own words; `(text,)` where it is one or that is in doubt.

    Conditions (余额不够就充三百) and refusals (不是充值，是查余额) are not cut: the second half means nothing
    without the first. Never an exception, whatever the text.
    """
    if len(text) > LONGEST:
        return (text,)
    parts: list[str] = []
    current, kind, pending = "", None, ""
    for piece in _pieces(text):
        if kind is None:
            current, kind = current + piece.before + piece.text, _kind(current + piece.text)
        elif _is_another(kind, piece):
            backward = kind in _TAKES_DETAILS
            parts.append(current + (pending if backward else ""))
            joining = "" if piece.joint == "noun" else piece.before
            current, kind = ("" if backward else pending) + joining + piece.text, piece.kind
            pending = ""
        elif piece.kind is None and not piece.strong:
            pending += piece.before + piece.text
        else:
            current, pending = current + pending + piece.before + piece.text, ""
    parts.append(current + pending)
    wishes = [_TRAILING.sub("", _LEADING.sub("", part)) for part in parts]
    return tuple(wishes) if 1 < len(wishes) <= MOST_WISHES and all(wishes) else (text,)
