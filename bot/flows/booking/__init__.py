"""Booking in the chat: what, when, which of the free times, yes; seeing, moving, cancelling (feature A8)."""

from __future__ import annotations

from dataclasses import replace

from actions.booking import bookings
from actions.house import Denied
from bot.conversation import places
from bot.conversation.answers import Answer
from bot.conversation.memory import Form, Pending
from bot.conversation.turn import Turn
from bot.flows import forms
from bot.flows.booking import outcomes, questions
from bot.flows.booking.wish import ANOTHER_PERSON, CHOOSES_STORE, THE_LAST, take
from bot.flows.confirm import Confirmed
from bot.flows.forms import FormKind, Slot
from bot.messages import Choice, Reply
from nlu.understanding import Understanding

__all__ = ["ANSWERS", "CONFIRMED", "FORMS", "goes_on", "hear_place", "understand_the_last"]
_BOOK_CHOICE = (Choice("我要预约", "我要预约"),)
_TAKES = frozenset({"service", "technician", "store", "time", "quantity"})


def _technician_in_doubt(_turn: Turn, form: Form) -> bool:
    return "technician_among" in form.filled and "technician" not in form.filled


_WHEN = Slot("time", questions.ask_time, questions.read_time)
_WHICH_TIME = Slot("slot", questions.ask_slot, questions.read_slot)

BOOK = FormKind(
    name="book",
    title="form_book",
    slots=(
        Slot("service", questions.ask_service),
        Slot("technician", questions.ask_technician, needed=_technician_in_doubt),
        _WHEN,
        _WHICH_TIME,
    ),
    finish=outcomes.finish,
    intents=frozenset({"book", "query_slots", "query_services", "reschedule_booking"}),
    takes=_TAKES,
    reads_as="book",
    take=take,
    cancels=frozenset({"deny", "cancel_booking"}),
)
MOVE = FormKind(
    name="move",
    title="form_move",
    slots=(
        Slot("booking", questions.ask_booking),
        Slot("service", questions.take_from_booking),
        _WHEN,
        _WHICH_TIME,
    ),
    finish=outcomes.finish,
    intents=frozenset({"book", "query_slots", "reschedule_booking"}),
    takes=_TAKES,
    reads_as="book",
    take=take,
)
CANCEL = FormKind(
    name="cancel_booking",
    title="form_cancel_booking",
    slots=(Slot("booking", questions.ask_booking),),
    finish=outcomes.finish_cancelling,
    intents=frozenset({"cancel_booking"}),
    takes=frozenset({"time"}),
    reads_as="cancel_booking",
    take=take,
)
FORMS = (BOOK, MOVE, CANCEL)


def begin_booking(turn: Turn, understood: Understanding) -> Reply:
    """“约周六下午三点小美洗脸”; for “周六有空吗” too: the free times are shown, taking one is next."""
    if not turn.house.shop.services:
        return _nothing_to_book(turn)
    if turn.person.member is None:
        return questions.no_card(turn)
    return forms.begin(turn, BOOK, understood)


def understand_the_last(turn: Turn, understood: Understanding) -> Understanding:
    """“老样子，周三下午”: a booking, when the chat remembers the last one."""
    remembers = "service" in turn.memory.last and THE_LAST.search(understood.text) is not None
    if not remembers or understood.intent not in {"fallback", "affirm"}:
        return understood
    now = turn.now.astimezone(turn.house.shop.zone)
    return replace(
        understood, intent="book", entities=turn.nlu.values(understood.text, intent="book", now=now)
    )


def goes_on(understood: Understanding) -> bool:
    """Words that mean another thing elsewhere: “换个人” is no 人工, “去望京店吧” asks for no address."""
    chooses_store = understood.intent == "store_info" and len(understood.entities.store) == 1
    return ANOTHER_PERSON.search(understood.text) is not None or (
        chooses_store and CHOOSES_STORE.search(understood.text) is not None
    )


def _nothing_to_book(turn: Turn) -> Reply:
    store = turn.house.shop.stores[0]
    return turn.reply("booking_nothing", store=store.name, phone=store.phone)


def _none_yet(turn: Turn) -> Reply:
    services = turn.house.shop.services
    if not services:
        return _nothing_to_book(turn)
    return Reply(turn.say("my_bookings_none", service=services[0].name), _BOOK_CHOICE)


def hear_place(turn: Turn) -> Reply | None:
    """A place that is sent in the middle of a booking chooses the nearest store."""
    form = turn.memory.form
    kind = next((kind for kind in (BOOK, MOVE) if form is not None and form.name == kind.name), None)
    found = places.nearest_store(turn) if turn.incoming.kind == "location" else None
    if form is None or kind is None or found is None:
        return None
    store, distance_km = found
    form.filled["store"] = store.id
    form.filled.pop("slot", None)
    turn.memory.pending = None
    chosen = turn.say("book_place", store=store.name, distance=places.distance_text(distance_km))
    return forms.advance(turn, kind, form).after(chosen)


def _begin_on_booking(kind: FormKind) -> Answer:
    """“把周六的改到周日”, “周六的不去了”."""

    def begin(turn: Turn, understood: Understanding) -> Reply:
        mine = bookings.mine(turn.house, openid=turn.person.openid)
        if isinstance(mine, Denied):
            return questions.no_card(turn)
        return forms.begin(turn, kind, understood) if mine else _none_yet(turn)

    return begin


def show_mine(turn: Turn, _understood: Understanding) -> Reply:
    """The member's coming bookings."""
    mine = bookings.mine(turn.house, openid=turn.person.openid)
    if isinstance(mine, Denied):
        return questions.no_card(turn)
    if not mine:
        return _none_yet(turn)
    lines = "\n".join(f"· {questions.booking_line(turn, each)}" for each in mine)
    return Reply(
        turn.say("my_bookings_mine", lines=lines), (Choice("改时间", "改约"), Choice("取消预约", "取消预约"))
    )


ANSWERS: dict[str, Answer] = {
    "book": begin_booking,
    "query_slots": begin_booking,
    "reschedule_booking": _begin_on_booking(MOVE),
    "cancel_booking": _begin_on_booking(CANCEL),
    "query_bookings": show_mine,
}


def _confirm_booking(turn: Turn, pending: Pending) -> Reply:
    form = turn.memory.form
    reply = outcomes.confirm_booking(turn, pending)
    if reply is None and form is not None:
        return forms.advance(turn, MOVE if form.name == MOVE.name else BOOK, form)
    return reply or turn.reply("booking_hold_gone")


CONFIRMED: dict[str, Confirmed] = {
    "book": _confirm_booking,
    "cancel_booking": outcomes.confirm_cancelling,
}
