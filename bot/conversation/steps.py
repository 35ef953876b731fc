"""The order in which a message is understood (design §4)."""

from __future__ import annotations

import re

from bot.conversation import answers, catalogue_answers, events
from bot.conversation import words as known_words
from bot.conversation.memory import Heard
from bot.conversation.turn import Step, Turn
from bot.flows import confirm, join
from bot.messages import Reply
from bot.staff import desk
from nlu.understanding import Entities, Understanding


def answer_tap(turn: Turn) -> Reply | None:
    """Exact commands and taps: known without the language model, whatever flow is running."""
    page = catalogue_answers.tapped_category(turn)
    if page is not None:
        return page
    intent = known_words.tapped_intent(turn.text)
    if intent is None:
        return None
    return answers.answer(turn, Understanding(turn.text, intent, 1.0, Entities(), "keywords"))


# “不是，我要…”: the member corrects what the model made of the sentence before.
_CORRECTION = re.compile(r"^(?:不是的?|不对|错了|弄错了|理解错了|你?搞错了)[,，。.!！~、\s]+")


def answer_understood(turn: Turn) -> Reply:
    """Everything else, by the language model or its keyword stand-in."""
    said = turn.text
    corrected = _CORRECTION.match(said)
    if corrected is not None:
        said = said[corrected.end() :]
        if turn.memory.heard is not None:
            turn.learn(turn.memory.heard.text, turn.memory.heard.intent)
    understood = turn.nlu.parse(said, now=turn.now.astimezone(turn.house.shop.zone))
    if understood.intent == "fallback":
        turn.learn(said, understood.intent)
    turn.memory.heard = Heard(said, understood.intent)
    return answers.answer(turn, understood)


STEPS: tuple[Step, ...] = (
    events.answer_event,
    events.answer_other_kinds,
    desk.answer_binding,
    desk.answer_command,
    confirm.make_step({"top_up": desk.confirm_top_up}),
    answer_tap,
    join.answer_form,
    answer_understood,
)
