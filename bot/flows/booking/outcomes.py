"""What comes of a booking form: the time is held, echoed, and becomes a booking with the yes (feature A8)."""

from __future__ import annotations

from actions.booking import bookings
from actions.booking.bookings_values import Booked, Held, Taken
from actions.house import Denied
from bot.conversation.memory import Form, Pending
from bot.conversation.turn import Turn
from bot.flows import confirm, forms
from bot.flows.booking.questions import (
    JUST_TAKEN,
    OTHER_TIME,
    WAIT,
    booking_line,
    service_name,
)
from bot.flows.booking.wish import slot_of, wish_of
from bot.messages import Choice, Reply
from shop.money import format_fen
from shop.slots_text import moment_text, technician_names


def finish(turn: Turn, form: Form) -> Reply | None:
    """A time was chosen: hold it and ask for the yes; or wait for one; or look at another day."""
    if form.filled["slot"] == OTHER_TIME:
        del form.filled["slot"], form.filled["time"]
        return None
    if form.filled["slot"] == WAIT:
        return _wait(turn, form)
    held = bookings.hold(
        turn.house,
        openid=turn.person.openid,
        wish=wish_of(turn.house.shop, form),
        slot=slot_of(form.filled["slot"]),
        key=f"hold:{turn.incoming.key}",
        moving=form.filled.get("booking"),
    )
    if isinstance(held, Denied):
        forms.end(turn)
        return turn.reply(held.code, **held.detail)
    if isinstance(held, Taken):
        _offer_others(form)
        return None
    return _echo(turn, form, held)


def _offer_others(form: Form) -> None:
    """Somebody was faster: the next question shows what is free now."""
    del form.filled["slot"]
    form.filled[JUST_TAKEN] = True


def _echo(turn: Turn, form: Form, held: Held) -> Reply:
    slot, shop = held.slot, turn.house.shop
    people = int(form.filled.get("people", 1))
    echo = turn.say(
        "book_echo" if held.moving is None else "book_move_echo",
        time=moment_text(shop, slot.start, turn.now.astimezone(shop.zone).date()),
        service=service_name(turn, form),
        people=turn.say("book_people", count=people) if people > 1 else "",
        who="".join(f" · {name}" for name in technician_names(shop, slot.technicians)),
        store=shop.store(slot.store_id).name,
        price=f"\n{held.price_line}" if held.price_line else "",
        minutes=shop.booking.hold_minutes,
    )
    _remember(turn, form, held)
    data: dict[str, object] = {"booking_id": held.booking_id}
    return confirm.ask(turn, kind="book", data=data, echo=echo, command=turn.say("book_command"))


def _remember(turn: Turn, form: Form, held: Held) -> None:
    """For “还约刚才那个”."""
    turn.memory.last.update(service=form.filled["service"], store=held.slot.store_id)
    if held.slot.technician_id:
        turn.memory.last["technician"] = held.slot.technician_id


def confirm_booking(turn: Turn, pending: Pending) -> Reply | None:
    """The yes: the held time becomes a booking. None: it was kept no longer, the form asks for another."""
    result = bookings.confirm(
        turn.house, openid=turn.person.openid, booking_id=pending.data["booking_id"], key=pending.key
    )
    turn.memory.pending = None
    form = turn.memory.form
    if isinstance(result, Denied) and result.code == "booking_hold_gone" and form is not None:
        _offer_others(form)
        return None
    forms.end(turn)
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    confirm.settle_as(turn, turn.say("book_number", number=result.booking.number))
    return _booked(turn, result)


def _booked(turn: Turn, booked: Booked) -> Reply:
    shop = turn.house.shop
    store = shop.store(booked.booking.slot.store_id)
    text = turn.say(
        "book_moved" if booked.moved_from else "book_done",
        line=booking_line(turn, booked.booking),
        number=booked.booking.number,
        address=store.address,
        phone=store.phone,
        hours=shop.booking.cancel_hours,
    )
    return Reply(text, (Choice("我的预约", "我的预约"), Choice("改时间", "改约")))


def _wait(turn: Turn, form: Form) -> Reply:
    forms.end(turn)
    result = bookings.wait_for(
        turn.house,
        openid=turn.person.openid,
        wish=wish_of(turn.house.shop, form),
        key=f"wait:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply("book_waiting", service=service_name(turn, form))


def finish_cancelling(turn: Turn, form: Form) -> Reply:
    """Say what will be given up, and what a late cancel means, before the yes."""
    terms = bookings.cancel_terms(turn.house, openid=turn.person.openid, booking_id=form.filled["booking"])
    if isinstance(terms, Denied):
        forms.end(turn)
        return turn.reply(terms.code, **terms.detail)
    echo = turn.say(
        "book_cancel_echo_late" if terms.late else "book_cancel_echo",
        line=booking_line(turn, terms.booking),
        hours=turn.house.shop.booking.cancel_hours,
        deposit=_deposit_line(turn, terms.returned_fen, terms.kept_fen),
    )
    data: dict[str, object] = {"booking_id": terms.booking.id}
    return confirm.ask(turn, kind="cancel_booking", data=data, echo=echo, command="取消预约")


def confirm_cancelling(turn: Turn, pending: Pending) -> Reply:
    """The yes: the booking is given up."""
    result = bookings.cancel(
        turn.house, openid=turn.person.openid, booking_id=pending.data["booking_id"], key=pending.key
    )
    turn.memory.pending = None
    forms.end(turn)
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    deposit = _deposit_line(turn, result.returned_fen, result.kept_fen)
    text = turn.say("book_cancelled", line=booking_line(turn, result.booking), deposit=deposit)
    return Reply(text, (Choice("重新约", "我要预约"),))


def _deposit_line(turn: Turn, returned_fen: int, kept_fen: int) -> str:
    """What becomes of the deposit, on a line of its own; "" without one."""
    if returned_fen:
        return turn.say("book_deposit_returned", amount=format_fen(returned_fen))
    return turn.say("book_deposit_kept", amount=format_fen(kept_fen)) if kept_fen else ""
