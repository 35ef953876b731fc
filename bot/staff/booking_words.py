"""Words that the booking commands share: a time as staff write it, a booking as they read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from actions.booking import bookings
from actions.booking.bookings import Booking
from bot.conversation.turn import Turn
from bot.messages import Reply
from nlu.understanding import TimeSpan
from nlu.values.times import find_time
from shop import slots_text
from shop.model import Shop

MOST_LINES = 15
MOST_WORDS = 60
_NUMBER = re.compile(r"(?:预约号|占用号)?\s*[YyZz]?\s*0*(?P<number>\d{1,9})")


@dataclass(frozen=True)
class Numbered:
    """到店, 爽约 and 取消占用: one number."""

    number: int


def parse_number(_shop: Shop, rest: str) -> Numbered | None:
    found = _NUMBER.fullmatch(rest)
    return Numbered(int(found["number"])) if found else None


def find(turn: Turn, said: str) -> TimeSpan | Reply:
    """The one time that is meant, by the shop's hours; else what to write instead."""
    shop = turn.house.shop
    found = find_time(said, turn.now.astimezone(shop.zone), shop.catalogue().opening)
    if found.time is not None:
        return found.time
    if found.candidates:
        times = " · ".join(moment(turn, each.start) for each in found.candidates)
        return turn.reply("booking_which_time", times=times)
    return turn.reply("booking_no_time")


def what(turn: Turn, booking: Booking) -> str:
    return bookings.what_text(turn.house, booking, now=turn.now)


def money(turn: Turn, returned_fen: int, kept_fen: int) -> str:
    text = bookings.deposit_text(turn.house, returned_fen, kept_fen)
    return f"\n{text}" if text else ""


def moment(turn: Turn, at: datetime) -> str:
    return slots_text.moment_text(turn.house.shop, at, today(turn))


def technician_name(turn: Turn, technician_id: str) -> str:
    return "".join(slots_text.technician_names(turn.house.shop, [technician_id]))


def today(turn: Turn) -> date:
    return turn.now.astimezone(turn.house.shop.zone).date()
