"""Staff commands in the chat: parsed by the grammar, done by the actions (features C1)."""

from __future__ import annotations

from dataclasses import asdict
from typing import assert_never

from actions import desk, staffing, top_ups
from actions.house import Denied
from actions.top_ups import QuoteChanged, TopUpQuote, TopUpRequest
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.messages import Reply
from bot.staff import grammar
from ledger.book import transfer_number
from shop import texts, words
from shop.money import format_fen

BIND_HEAD = "绑定员工"


def answer_binding(turn: Turn) -> Reply | None:
    """Anybody may send 绑定员工 with a code; only a valid one-time invitation binds (design §5)."""
    words_said = turn.text.split()
    if not words_said or not words_said[0].startswith(BIND_HEAD):
        return None
    code = "".join(words_said).removeprefix(BIND_HEAD)
    result = staffing.accept_invitation(turn.house, openid=turn.person.openid, code=code)
    if isinstance(result, Denied):
        return _denied(turn, result)
    role = turn.house.shop.role_limit(result.role).name
    return turn.reply("staff_bound", name=result.name, role=role, help=turn.say("staff_help"))


def answer_command(turn: Turn) -> Reply | None:
    """Answer a staff member's command; anything else, and anybody else, passes on."""
    if turn.person.staff is None:
        return None
    command = grammar.parse(turn.house.shop, turn.text)
    match command:
        case None:
            return None
        case grammar.Complaint(code, values):
            return turn.reply(code, **values)
        case grammar.Help():
            return turn.reply("staff_help")
        case grammar.TopUp():
            return _quote_top_up(turn, command)
        case grammar.LookUp():
            return _look_up(turn, command.phone)
        case grammar.Register():
            return _register(turn, command)
        case grammar.PhoneCode():
            return _phone_code(turn, command.phone)
        case _:
            assert_never(command)


def confirm_top_up(turn: Turn, pending: Pending) -> Reply:
    """Book the quoted top-up that the staff member has just said yes to."""
    quote = TopUpQuote(**pending.data)
    result = top_ups.record_top_up(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied):
        turn.memory.pending = None
        return _denied(turn, result)
    if isinstance(result, QuoteChanged):
        turn.memory.pending = None
        echo = _echo(turn, result.quote)
        confirm.ask(turn, kind="top_up", data=asdict(result.quote), echo=echo, command=pending.command)
        return Reply(turn.say("top_up_changed", echo=echo), confirm.YES_OR_NO)
    confirm.settle(turn, result.transfer_id)
    return turn.reply(
        "top_up_done",
        name=quote.member_name,
        phone=words.masked_phone(quote.phone),
        amount=format_fen(quote.amount_fen),
        gives=_gives(turn, quote),
        after=format_fen(result.balances.stored_fen),
        number=transfer_number(result.transfer_id),
        told=turn.say("top_up_told" if result.member_told else "top_up_not_told"),
    )


def _quote_top_up(turn: Turn, command: grammar.TopUp) -> Reply:
    request = TopUpRequest(command.phone, command.amount_fen, command.payment_method_id, command.store_id)
    quote = top_ups.quote_top_up(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return _denied(turn, quote)
    echo = _echo(turn, quote)
    return confirm.ask(turn, kind="top_up", data=asdict(quote), echo=echo, command=turn.text.strip())


def _echo(turn: Turn, quote: TopUpQuote) -> str:
    shop = turn.house.shop
    return turn.say(
        "top_up_echo",
        name=quote.member_name,
        phone=quote.phone,
        amount=format_fen(quote.amount_fen),
        gives=_gives(turn, quote),
        store=shop.store(quote.store_id).name,
        method=shop.payment_method(quote.payment_method_id).name,
        after=format_fen(quote.stored_after_fen),
    )


def _gives(turn: Turn, quote: TopUpQuote) -> str:
    return texts.on_a_line(texts.gives(turn.house.shop, gift_fen=quote.gift_fen, points=quote.points))


def _look_up(turn: Turn, phone: str) -> Reply:
    found = desk.look_up(turn.house, staff_openid=turn.person.openid, phone=phone)
    if isinstance(found, Denied):
        return _denied(turn, found)
    return turn.reply(
        "look_up",
        name=found.member.name,
        phone=phone,
        number=found.member.id,
        total=format_fen(found.balances.stored_fen),
        paid_in=format_fen(found.balances.paid_in_fen),
        gift=format_fen(found.balances.gift_fen),
        points=found.balances.points,
        level=found.level.name,
        bound=turn.say("bound_yes" if found.member.openid else "bound_no"),
    )


def _register(turn: Turn, command: grammar.Register) -> Reply:
    result = desk.register(
        turn.house,
        staff_openid=turn.person.openid,
        phone=command.phone,
        name=command.name,
    )
    if isinstance(result, Denied):
        return _denied(turn, result)
    return turn.reply("registered", name=result.name, phone=command.phone, number=result.member_id)


def _phone_code(turn: Turn, phone: str) -> Reply:
    result = desk.issue_phone_code(turn.house, staff_openid=turn.person.openid, phone=phone)
    if isinstance(result, Denied):
        return _denied(turn, result)
    return turn.reply("phone_code", code=result, phone=phone)


def _denied(turn: Turn, denied: Denied) -> Reply:
    return turn.reply(denied.code, **denied.detail)
