"""“导出我的资料”, “注销会员”: the rights of PIPL, asked for by their exact words (feature A10)."""

from __future__ import annotations

from actions.house import Denied
from actions.membership import cards, member_data
from bot.conversation.answers import Answer
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Link, Reply
from nlu.understanding import Understanding
from shop.money import format_fen


def _export(turn: Turn, _understood: Understanding) -> Reply:
    """A link to the whole copy; without a public address the store prints it."""
    url = turn.page_link()
    if turn.person.member is None:
        return turn.reply("not_member")
    if url is None:
        store = turn.house.shop.stores[0]
        return turn.reply("export_in_store", store=store.name, phone=store.phone)
    return Reply(turn.say("export_ready"), links=(Link(turn.say("export_link"), url),))


def _ask_delete(turn: Turn, _understood: Understanding) -> Reply:
    card = cards.read_card(turn.house, openid=turn.person.openid)
    if isinstance(card, Denied):
        return turn.reply("not_member")
    echo = turn.say("delete_echo", gift=format_fen(card.balances.gift_fen), points=card.balances.points)
    return confirm.ask(turn, kind="delete_data", data={}, echo=echo, command="注销会员")


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    result = member_data.delete(turn.house, openid=turn.person.openid, key=pending.key)
    turn.memory.pending = None
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    turn.memory.last.clear()
    turn.memory.heard = None
    return turn.reply("delete_done", number=result.number)


ANSWERS: dict[str, Answer] = {"export_data": _export, "delete_data": _ask_delete}
CONFIRMED: dict[str, Confirmed] = {"delete_data": _confirmed}
