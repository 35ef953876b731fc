"""Which flows there are: their forms, what a yes does, and who answers which intent. One line a flow."""

from __future__ import annotations

from bot.conversation import answers
from bot.conversation.answers import Answer
from bot.conversation.turn import Turn
from bot.flows import booking, codes, human, join, my_data, profile, redeem, referral, refund_wish, reminders
from bot.flows.confirm import Confirmed
from bot.flows.forms import Forms
from bot.messages import Reply
from bot.staff import registry as staff_commands
from nlu.understanding import Understanding

FORMS = Forms((join.JOIN, join.PHONE, *booking.FORMS, profile.PROFILE, redeem.REDEEM))

CONFIRMED: dict[str, Confirmed] = {
    **staff_commands.CONFIRMED,
    **booking.CONFIRMED,
    **my_data.CONFIRMED,
    **profile.CONFIRMED,
    **redeem.CONFIRMED,
    **refund_wish.CONFIRMED,
}

ANSWERS: dict[str, Answer] = {
    **answers.ANSWERS,
    **booking.ANSWERS,
    **human.ANSWERS,
    **my_data.ANSWERS,
    **profile.ANSWERS,
    **codes.ANSWERS,
    **redeem.ANSWERS,
    **refund_wish.ANSWERS,
    **referral.ANSWERS,
    **reminders.ANSWERS,
}


def answer(turn: Turn, understood: Understanding) -> Reply:
    """The reply to an understood wish."""
    return answers.answer(turn, understood, ANSWERS)
