"""What a booking form asks, and how a free time is shown (feature A8)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from actions.booking import bookings
from actions.booking.bookings_values import Booking, Offer
from actions.house import Denied
from bot.conversation.memory import Form
from bot.conversation.turn import Turn
from bot.flows import forms
from bot.flows.booking.wish import (
    ANY_TIME,
    BOOKED_FOR,
    DAY_UNSAID,
    any_time,
    on_day_of,
    slot_value,
    whole_day,
    wish_of,
)
from bot.flows.forms import ASK_ANEW, Filled, Question, Reading
from bot.messages import Choice, Reply
from shop import words
from shop.slots import Slot
from shop.slots_text import moment_text, slot_text, technician_names

MOST_OPTIONS = 8
SHIFT = timedelta(minutes=15)
NONE_OF_THEM = re.compile(r"都不行|都不合适|都不方便|别的时间|其他时间|换个时间|换时间")
LATER_OR_EARLIER = re.compile(
    r"(?:有没有)?(?:再|稍微?|能不能)?(?:晚|早|往?后|往?前)(?:一?点儿?|一?些)(?:的|吗|呢)?"
)
WAIT, OTHER_TIME, JUST_TAKEN = "wait", "other_time", "just_taken"
JOIN_CHOICE = (Choice("加入会员", "加入会员"),)


def no_card(turn: Turn) -> Reply:
    """Only members book: the shop wants to know whom it keeps the time for."""
    if turn.person.staff is not None:
        return turn.reply("staff_no_card")
    return Reply(turn.say("booking_join_first"), JOIN_CHOICE)


def ask_service(turn: Turn, form: Form) -> Question:
    shop = turn.house.shop
    among = form.filled.get("service_among")
    services = [shop.service(each) for each in among] if among else list(shop.services)
    options = tuple((each.name, each.id) for each in services[:MOST_OPTIONS])
    more = len(services) > len(options)
    return Question(turn.say("book_which_service_more" if more else "book_which_service"), options)


def ask_technician(turn: Turn, form: Form) -> Question:
    shop = turn.house.shop
    options = tuple((shop.technician(each).name, each) for each in form.filled["technician_among"])
    return Question(turn.say("book_which_technician"), options[:MOST_OPTIONS])


def ask_time(turn: Turn, form: Form) -> Question:
    today = turn.now.astimezone(turn.house.shop.zone).date()
    zone = turn.house.shop.zone
    days = [(label, today + timedelta(days=ahead)) for ahead, label in enumerate(("今天", "明天", "后天"))]
    options = tuple((label, whole_day(datetime.combine(day, time(), zone))) for label, day in days)
    return Question(turn.say("book_when", service=service_name(turn, form)), options)


def read_time(turn: Turn, _form: Form, said: str) -> Reading:
    return Filled(any_time(turn.now)) if ANY_TIME.match(said.strip()) else None


def ask_slot(turn: Turn, form: Form) -> Question | Reply | None:
    """Which of the free times; the very time that was wished for needs no question."""
    offer = bookings.offer(
        turn.house,
        openid=turn.person.openid,
        wish=wish_of(turn.house.shop, form),
        moving=form.filled.get("booking"),
    )
    if isinstance(offer, Denied):
        forms.end(turn)
        return turn.reply(offer.code, **offer.detail)
    first = offer.slots[0] if offer.slots else None
    exact = offer.why == "as_wished" and offer.wish.grain in {"minute", "hour"}
    if first is not None and exact and first.start == offer.wish.start and _where_he_goes(turn, form, first):
        form.filled["slot"] = slot_value(first)
        return None
    return _offer_question(turn, form, offer)


def _where_he_goes(turn: Turn, form: Form, slot: Slot) -> bool:
    """Whether the slot is in the store he named, or else in his own: another one he has to choose himself."""
    member = turn.person.member
    home = member.home_store_id if member is not None else None
    return slot.store_id == (form.filled.get("store") or home)


def _offer_question(turn: Turn, form: Form, offer: Offer) -> Question:
    service = service_name(turn, form)
    if not offer.slots:
        options: tuple[tuple[str, Any], ...] = (("换个时间", OTHER_TIME),)
        if "booking" not in form.filled:
            options = (("排队等位", WAIT), *options)
        return Question(turn.say("book_full", service=service), options)
    named = not all(_where_he_goes(turn, form, slot) for slot in offer.slots)
    today = turn.now.astimezone(turn.house.shop.zone).date()
    options = tuple((_slot_label(turn, slot, today, named=named), slot_value(slot)) for slot in offer.slots)
    question = turn.say(f"book_offer_{offer.why}", service=service, wished=_wished(turn, form))
    if form.filled.pop(JUST_TAKEN, False):
        question = f"{turn.say('book_just_taken')}\n{question}"
    return Question(question, (*options, ("换个时间", OTHER_TIME)))


def read_slot(turn: Turn, form: Form, said: str) -> Reading:
    """“晚一点”, “早一点”: the other free times of that day; “都不行”: another time altogether."""
    if NONE_OF_THEM.search(said):
        return Filled(OTHER_TIME)
    shift = LATER_OR_EARLIER.fullmatch(said.strip())
    shown = [
        datetime.fromisoformat(value["start"]) for _label, value in form.options if isinstance(value, dict)
    ]
    if shift is None or not shown:
        return None
    zone = turn.house.shop.zone
    day = datetime.combine(shown[0].astimezone(zone).date(), time(), zone)
    if "晚" in said or "后" in said:
        window = {"start": (max(shown) + SHIFT).isoformat(), "end": (day + timedelta(days=1)).isoformat()}
    else:
        window = {"start": max(day, turn.now).isoformat(), "end": min(shown).isoformat()}
    form.filled["time"] = {**window, "grain": "part_of_day"}
    return ASK_ANEW


def _slot_label(turn: Turn, slot: Slot, today: date, *, named: bool) -> str:
    day = words.day_text(slot.start.astimezone(turn.house.shop.zone).date(), today)
    return f"{day} {slot_text(turn.house.shop, slot, named=named)}"


def _wished(turn: Turn, form: Form) -> str:
    """Whom the member asked for, “小美”; "" when nobody."""
    technician = form.filled.get("technician")
    return "、".join(technician_names(turn.house.shop, [technician])) if technician else ""


def ask_booking(turn: Turn, form: Form) -> Question | Reply | None:
    """Which of the member's bookings; the only one, or the only one of the day said, needs no question."""
    mine = bookings.mine(turn.house, openid=turn.person.openid)
    if isinstance(mine, Denied):
        forms.end(turn)
        return no_card(turn)
    meant = _on_the_day_said(turn, form, mine) if form.name == "cancel_booking" else mine
    if len(meant) == 1:
        form.filled["booking"] = meant[0].id
        return None
    options = tuple((booking_line(turn, each), each.id) for each in mine[:MOST_OPTIONS])
    return Question(turn.say("book_which"), options)


def _on_the_day_said(turn: Turn, form: Form, mine: tuple[Booking, ...]) -> tuple[Booking, ...]:
    said = form.filled.get("time")
    if said is None:
        return mine
    zone = turn.house.shop.zone
    day = datetime.fromisoformat(said["start"]).astimezone(zone).date()
    return tuple(each for each in mine if each.slot.start.astimezone(zone).date() == day)


def my_booking(turn: Turn, booking_id: int) -> Booking | None:
    """The member's open booking of that id."""
    mine = bookings.mine(turn.house, openid=turn.person.openid)
    if isinstance(mine, Denied):
        return None
    return next((each for each in mine if each.id == booking_id), None)


def take_from_booking(turn: Turn, form: Form) -> Reply | None:
    """Moving keeps the service, the people and, unless said otherwise, the store and the technician."""
    booking = my_booking(turn, form.filled["booking"])
    if booking is None:
        forms.end(turn)
        return turn.reply("booking_not_found")
    form.filled["service"] = booking.service_id
    form.filled[BOOKED_FOR] = booking.slot.start.isoformat()
    if form.filled.get("time", {}).get(DAY_UNSAID):  # “改到下午三点”: on the day of the booking
        form.filled["time"] = on_day_of(turn, form.filled["time"], booking.slot.start)
    form.filled.setdefault("people", booking.people)
    form.filled.setdefault("store", booking.slot.store_id)
    if booking.slot.technician_id is not None:
        form.filled.setdefault("technician", booking.slot.technician_id)
    return None


def booking_line(turn: Turn, booking: Booking) -> str:
    """明天(3月7日)10:00 面部护理 小美 国贸店."""
    shop = turn.house.shop
    today = turn.now.astimezone(shop.zone).date()
    parts = [
        moment_text(shop, booking.slot.start, today),
        shop.service(booking.service_id).name,
        *technician_names(shop, booking.slot.technicians),
        shop.store(booking.slot.store_id).name,
    ]
    return " ".join(parts)


def service_name(turn: Turn, form: Form) -> str:
    return turn.house.shop.service(form.filled["service"]).name
