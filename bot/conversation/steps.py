"""The order in which a message is understood (design §4)."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation import answers, catalogue_answers, events, guess, tact, taps
from bot.conversation import words as known_words
from bot.conversation.memory import Heard, Pending
from bot.conversation.turn import Step, Turn
from bot.flows import booking, confirm, human, registry, reminders
from bot.messages import SILENCE, Reply
from bot.staff import binding
from bot.staff import registry as staff_commands
from nlu.clauses import likely_intent, split_wishes
from nlu.engine import FALLBACK, SURELY_FOREIGN
from nlu.understanding import Understanding

MAX_WISHES = 3
LONGEST_BARE_TIME = 6
"""Characters: 周五下午, 12月28号."""
_RESERVES = re.compile(r"[约約订訂定排报]|book")
_ONLY_SHOWS = frozenset(
    {
        "query_balance",
        "query_points",
        "query_coupons",
        "query_benefits",
        "query_level",
        "query_topup_offers",
        "query_services",
        "store_info",
    }
)

# “不是，我要…”: the member corrects what the model made of the sentence before.
_CORRECTION = re.compile(r"^(?:不是的?|不对|错了|弄错了|理解错了|你?搞错了)[,，。.!！~、\s]+")
# “改成后天”, “还是小美吧”: a running form hears the rest.
_CHANGE = re.compile(
    r"^(?:不对|不是|错了|算了|不行|不(?=[,，。、\s]))?[,，。.!！~、\s]*(?:改成|改为|换成|还是|应该是|是|要(?!是))"
)

_answer_yes_or_no = confirm.make_step(registry.CONFIRMED)


def answer_tap(turn: Turn) -> Reply | None:
    """Exact commands and taps: known without the language model, whatever flow is running."""
    page = catalogue_answers.tapped_category(turn)
    if page is not None:
        return page
    tapped = taps.read(turn.house.shop, turn.text) or _statement_of_a_period(turn)
    return registry.answer(turn, tapped) if tapped is not None else None


def _statement_of_a_period(turn: Turn) -> Understanding | None:
    """“上个月的明细”, as the statement itself says how to see more."""
    if not known_words.asks_statement(turn.text):
        return None
    now = turn.now.astimezone(turn.house.shop.zone)
    said = turn.nlu.values(turn.text, intent="query_statement", now=now)
    if said.period is None:
        return None
    return Understanding(turn.text, "query_statement", 1.0, said, "keywords")


def understand(turn: Turn) -> tuple[Understanding, list[str]]:
    """What the first wish of the sentence means, and the words of the others."""
    said = turn.text
    corrected = _CORRECTION.match(said)
    if corrected is not None:
        said = said[corrected.end() :]
        if turn.memory.heard is not None:
            turn.learn(turn.memory.heard.text, turn.memory.heard.intent)
    first, *others = split_wishes(said)[:MAX_WISHES]
    understood = booking.understand_the_last(turn, _parse(turn, first))
    return (_by_its_words(understood) if others or turn.memory.wishes else understood), others


def _by_its_words(understood: Understanding) -> Understanding:
    """One of several wishes that only asks to see something: the words by which it was cut off say what.

    Else the bot would ask back about the first wish and go on to the next, with two questions at once.
    """
    likely = likely_intent(understood.text) if understood.intent == FALLBACK else None
    return replace(understood, intent=likely) if likely is not None and likely in _ONLY_SHOWS else understood


def answer_understood(turn: Turn, understood: Understanding, others: list[str]) -> Reply:
    """Any other wish, by the language model or its keyword stand-in."""
    if understood.intent == "fallback":
        turn.learn(understood.text, understood.intent)
        passed_on = human.pass_on(turn)
        if passed_on is not None:
            return passed_on
    turn.memory.heard = Heard(understood.text, understood.intent)
    turn.memory.wishes = [*others, *turn.memory.wishes][: MAX_WISHES - 1]
    return registry.answer(turn, understood)


def _parse(turn: Turn, said: str) -> Understanding:
    return turn.nlu.parse(said, now=turn.now.astimezone(turn.house.shop.zone))


def _for_the_form(turn: Turn, understood: Understanding) -> Understanding:
    """As the running form hears it: without “不对，改成”, and bare words (“后天下午”) as what it asks for."""
    change = _CHANGE.match(understood.text)
    if change is not None:
        understood = _parse(turn, understood.text[change.end() :])
    reads_as = registry.FORMS.reads_as(turn)
    goes_on = reads_as == "book" and booking.goes_on(understood)
    bare_time = reads_as in {"book", "cancel_booking"} and _is_bare_time(understood)
    bare = bare_time or understood.intent in {"fallback", "affirm"}
    if not goes_on and (not reads_as or not bare):
        return understood
    now = turn.now.astimezone(turn.house.shop.zone)
    entities = turn.nlu.values(understood.text, intent=reads_as, now=now)
    if _is_foreign(understood) and not (entities.service or entities.technician or entities.store):
        return understood
    intent = "book" if goes_on else FALLBACK if bare_time else understood.intent
    return replace(understood, intent=intent, entities=entities)


def _is_bare_time(understood: Understanding) -> bool:
    """“周一” alone is a booking to the model; to a running form it is what the form asked for."""
    said = understood.entities
    is_short = len(understood.text.strip()) <= LONGEST_BARE_TIME and _RESERVES.search(understood.text) is None
    names_time = said.time is not None or "time" in said.candidates
    return understood.intent == "book" and is_short and names_time and not (said.service or said.technician)


def _is_foreign(understood: Understanding) -> bool:
    """“明天有雨吗” names a day and is no answer: the model knows it for another subject."""
    surely_not = understood.intent == FALLBACK and understood.confidence >= SURELY_FOREIGN
    return surely_not and understood.engine == "rasa"


def answer_conversation(turn: Turn) -> Reply:
    """A message from the yes to a quote to a free sentence, and what an earlier sentence left over."""
    forgotten = registry.FORMS.set_aside_the_forgotten(turn)
    reply = _one_wish(turn)
    for place in range(1, MAX_WISHES):
        memory = turn.memory
        if not memory.wishes or memory.form is not None or memory.pending is not None:
            break
        wish = memory.wishes.pop(0)
        turn.incoming = replace(turn.incoming, text=wish, key=f"{turn.incoming.key}:{place}")
        following = _one_wish(turn)
        reply = Reply(
            f"{reply.text}\n\n{following.text}", following.choices, (*reply.links, *following.links)
        )
    return reply.after(forgotten) if forgotten else reply


def _one_wish(turn: Turn) -> Reply:
    if known_words.is_pause(turn.text) and (turn.memory.form is not None or turn.memory.pending is not None):
        return turn.reply("no_hurry")
    declined = guess.hear(turn)
    if declined is not None:
        return replace(declined, choices=answers.EVERYDAY)
    interrupted, waiting = turn.memory.form, turn.memory.pending
    asked = reminders.understood(turn)
    if asked is not None:
        return registry.answer(turn, asked)
    own = _answer_yes_or_no(turn)
    if own is None and answers_a_form(turn):
        own = registry.FORMS.hear(turn)
    reply = None if own else answer_tap(turn)
    if own is None and reply is None:
        understood, others = understand(turn)
        if tact.is_insult(understood) and not turn.memory.with_person:
            return tact.calm(turn)
        own = registry.FORMS.hear_sentence(turn, _for_the_form(turn, understood)) if interrupted else None
        reply = own or answer_understood(turn, understood, others)
    if own is not None:
        return registry.FORMS.ask_again(turn, own, interrupted=None)
    return _with_what_waits(turn, registry.FORMS.ask_again(turn, reply or SILENCE, interrupted), waiting)


def _with_what_waits(turn: Turn, reply: Reply, waiting: Pending | None) -> Reply:
    """Another wish came between a quote and its yes: say that the quote still waits."""
    if waiting is None or turn.memory.pending is not waiting or waiting.expires_at <= turn.now:
        return reply
    text = f"{reply.text}\n\n{turn.say('pending_waits')}"
    return Reply(text, (*reply.choices, *confirm.YES_OR_NO), reply.links)


def answer_other_kinds(turn: Turn) -> Reply | None:
    """A picture, a voice that was not heard, a place: answered, and then what was asked before comes back."""
    if turn.incoming.kind == "text" and turn.text.strip():
        return events.answer_other_kinds(turn)
    forgotten = registry.FORMS.set_aside_the_forgotten(turn)
    placed = booking.hear_place(turn)
    reply = placed or events.answer_other_kinds(turn)
    if reply is None or reply is SILENCE or reply is placed:
        return reply
    waiting = turn.memory.pending
    reply = _with_what_waits(turn, registry.FORMS.ask_again(turn, reply, turn.memory.form), waiting)
    return reply.after(forgotten) if forgotten else reply


def answers_a_form(turn: Turn) -> bool:
    """Exact commands go before a running form, unless they are one of the form's own choices."""
    form = turn.memory.form
    if form is None:
        return False
    plain = known_words.plain(turn.text)
    is_choice = any(plain == known_words.plain(label) for label, _value in form.options)
    return is_choice or known_words.tapped_intent(turn.text) is None


STEPS: tuple[Step, ...] = (
    events.answer_event,
    answer_other_kinds,
    binding.answer_binding,
    staff_commands.answer_command,
    answer_conversation,
)
