"""绑定员工: a WeChat account becomes a staff member's by a one-time code (design §5)."""

from __future__ import annotations

from actions.house import Denied
from actions.membership import staffing
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import registry

BIND_HEAD = "绑定员工"


def answer_binding(turn: Turn) -> Reply | None:
    """Anybody may send 绑定员工 with a code; only a valid one-time invitation binds (design §5)."""
    words_said = turn.text.split()
    if not words_said or not words_said[0].startswith(BIND_HEAD):
        return None
    code = "".join(words_said).removeprefix(BIND_HEAD)
    result = staffing.accept_invitation(turn.house, openid=turn.person.openid, code=code)
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    role = turn.house.shop.role_limit(result.role).name
    return turn.reply("staff_bound", name=result.name, role=role, help=registry.list_for(turn, result.role))
