"""The form engine: slots that are asked one at a time, filled in any order, corrected, interrupted, resumed.

A flow describes a form (`FormKind`): its slots, how a sentence fills them, what happens when all are filled.
The engine does the rest, the same way for every flow (features A8, A10; design §4):

* one question at a time, and the same question never three times: a hint, then choices, then a person;
* a number, a tap or the words of a choice answer the question; a whole sentence may fill several slots;
* “不对，是后天” corrects what was filled, also while the quote waits for its yes;
* another wish is answered and the question comes back; another form suspends this one and it returns after;
* a form left alone for `FORGOTTEN_AFTER` is set aside, and the member is told so with his next message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.conversation import words
from bot.conversation.memory import Form
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding

FORGOTTEN_AFTER = timedelta(minutes=30)
MAX_SUSPENDED = 2
MAX_MISSES = 3


@dataclass(frozen=True)
class Question:
    """What a slot asks. `options`: (what the choice shows and a tap sends, value); a number picks one.

    A value of None leaves the words to the slot's own reading.
    """

    text: str
    options: tuple[tuple[str, Any], ...] = ()

    def as_reply(self) -> Reply:
        return Reply(self.text, tuple(Choice(label, label) for label, _value in self.options))


@dataclass(frozen=True)
class Filled:
    """The answer's value: plain JSON."""

    value: object


@dataclass(frozen=True)
class Wrong:
    """An answer in kind that cannot be right: the name of the text that says why, and its values."""

    text_name: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class AskAnew:
    """The answer changed what was filled before: the form goes on from there."""


ASK_ANEW = AskAnew()
# What reading an answer gives: its value, what is wrong, a reply that ends the turn, or no answer at all.
Reading = Filled | Wrong | AskAnew | Reply | None


# Whether a form, as filled so far, needs a slot at all.
Needed = Callable[[Turn, Form], bool]


def no_reading(_turn: Turn, _form: Form, _said: str) -> Reading:
    """A slot that only its options and whole sentences fill."""
    return None


@dataclass(frozen=True)
class Slot:
    """One thing a form needs.

    Attributes:
        ask: the question; None: it could fill the slot by itself; a Reply ends the turn as it is.
        read: the answer to this question, as typed.
        needed: whether the form, as filled so far, needs it at all.
    """

    name: str
    ask: Callable[[Turn, Form], Question | Reply | None]
    read: Callable[[Turn, Form, str], Reading] = no_reading
    needed: Needed = lambda _turn, _form: True


@dataclass(frozen=True)
class FormKind:
    """A form: what it is called in the conversation, what it asks, what comes of it.

    Attributes:
        title: the name of the text that names it (“预约”).
        intents: a sentence of one of these goes on filling the form.
        takes: the entity fields that fill it, so that a bare “后天下午” or “不对，是小美” does too.
        reads_as: the intent by which such bare words are read; "": they are not.
        take: puts what a sentence says into the form, over what was filled before; True if it said anything.
        finish: all is filled: quote and ask, or do it; None: something has to be asked again after all.
            Ends the form with `end` unless it waits for a yes.
        cancels: intents that give the form up.
    """

    name: str
    title: str
    slots: tuple[Slot, ...]
    finish: Callable[[Turn, Form], Reply | None]
    intents: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    reads_as: str = ""
    take: Callable[[Turn, Form, Understanding], bool] = lambda _turn, _form, _understood: False
    cancels: frozenset[str] = frozenset({"deny"})


class Forms:
    """The forms of one bot, by name."""

    def __init__(self, kinds: Iterable[FormKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def set_aside_the_forgotten(self, turn: Turn) -> str:
        """Drop a form nobody answered for long. Returns the words that say so, or ""."""
        form = turn.memory.form
        if form is None or (form.heard_at is not None and form.heard_at + FORGOTTEN_AFTER > turn.now):
            return ""
        kind = self._kinds.get(form.name)
        turn.memory.form, turn.memory.suspended, turn.memory.wishes = None, [], []
        return turn.say("form_forgotten", what=turn.say(kind.title)) if kind else ""

    def hear(self, turn: Turn) -> Reply | None:
        """The direct answer to the question that was asked; None when the words are none."""
        kind, form = self._running(turn)
        if kind is None or form is None or not form.slot:
            return None
        if words.is_no(turn.text):
            return _give_up(turn, kind)
        reading = _pick_option(form, turn.text) or _slot(kind, form).read(turn, form, turn.text)
        match reading:
            case None | Reply():
                return reading
            case Wrong(text_name, values):
                return _missed(turn, kind, form, turn.say(text_name, **values))
            case AskAnew():
                return advance(turn, kind, form)
            case Filled(value):
                form.filled[form.slot] = value
                return advance(turn, kind, form)

    def hear_sentence(self, turn: Turn, understood: Understanding) -> Reply | None:
        """A whole sentence that goes on with the form, corrects it or gives it up; None: another wish."""
        kind, form = self._running(turn)
        if kind is None or form is None:
            return None
        if understood.intent in kind.cancels:
            return _give_up(turn, kind)
        belongs = understood.intent in kind.intents or (
            understood.intent in {"fallback", "affirm"} and _says(understood, kind.takes)
        )
        if belongs and kind.take(turn, form, understood):
            turn.memory.pending = None
            return advance(turn, kind, form)
        if form.slot and belongs and _says(understood, kind.takes):
            return _missed(turn, kind, form, advance(turn, kind, form).text)  # what was said is known already
        if form.slot and understood.intent in {"fallback", *kind.intents}:
            return _missed(turn, kind, form, turn.say("form_not_heard"))
        return None

    def ask_again(self, turn: Turn, reply: Reply, interrupted: Form | None) -> Reply:
        """After another wish: the question that it interrupted, or the form that it suspended, comes back."""
        memory = turn.memory
        if memory.form is None and memory.pending is None and memory.suspended:
            memory.form = memory.suspended.pop()
        elif memory.form is None or memory.form is not interrupted or not memory.form.slot:
            return reply
        kind, form = self._running(turn)
        if kind is None or form is None:
            return reply
        asked = advance(turn, kind, form)
        back = turn.say("form_back", what=turn.say(kind.title), question=asked.text)
        return Reply(f"{reply.text}\n\n{back}", asked.choices, reply.links)

    def reads_as(self, turn: Turn) -> str:
        """The intent by which the running form reads bare words; "" when none runs or it reads none."""
        kind, _form = self._running(turn)
        return kind.reads_as if kind is not None else ""

    def _running(self, turn: Turn) -> tuple[FormKind | None, Form | None]:
        form = turn.memory.form
        return (self._kinds.get(form.name), form) if form is not None else (None, None)


def begin(turn: Turn, kind: FormKind, understood: Understanding | None = None, **filled: object) -> Reply:
    """Start a form, with what the sentence already says. A running one of another kind is suspended."""
    if not turn.remembers:
        return turn.reply("no_memory")
    running = turn.memory.form
    if running is not None and running.name != kind.name and running.slot:
        turn.memory.suspended = [*turn.memory.suspended, running][-MAX_SUSPENDED:]
    turn.memory.pending = None
    form = turn.memory.form = Form(name=kind.name, filled=dict(filled))
    if understood is not None:
        kind.take(turn, form, understood)
    return advance(turn, kind, form)


def advance(turn: Turn, kind: FormKind, form: Form) -> Reply:
    """Ask the first thing that is still missing; when nothing is, finish."""
    form.heard_at = turn.now
    for slot in kind.slots:
        if slot.name in form.filled or not slot.needed(turn, form):
            continue
        question = slot.ask(turn, form)
        if question is None:
            continue
        if isinstance(question, Reply):
            return question
        form.tries = form.tries if form.slot == slot.name else 0
        form.slot, form.options = slot.name, list(question.options)
        return question.as_reply()
    form.slot, form.options, form.tries = "", [], 0
    return kind.finish(turn, form) or advance(turn, kind, form)


def end(turn: Turn) -> None:
    """The form is over: done, or not to be done."""
    turn.memory.form = None


def _give_up(turn: Turn, kind: FormKind) -> Reply:
    end(turn)
    turn.memory.pending = None
    return turn.reply("form_cancelled", what=turn.say(kind.title))


def _missed(turn: Turn, kind: FormKind, form: Form, why: str) -> Reply:
    """No answer: say why; the second time show what can be chosen; the third time name a person."""
    form.tries += 1
    if form.tries >= MAX_MISSES:
        end(turn)
        return Reply(turn.say("form_given_up", what=turn.say(kind.title)), (Choice("人工", "人工"),))
    form.heard_at = turn.now
    shown = tuple(Choice(label, label) for label, _value in form.options)
    if form.tries == 1:
        return Reply(why, shown)
    ways_out = (Choice("算了", "算了"), Choice("人工", "人工"))
    return Reply(f"{why}\n{turn.say('form_way_out')}", (*shown, *ways_out))


def _pick_option(form: Form, said: str) -> Filled | None:
    """The option of that number, or of those words."""
    plain = words.plain(said)
    number = words.number(plain)
    if number is not None and number <= len(form.options) and form.options[number - 1][1] is not None:
        return Filled(form.options[number - 1][1])
    for label, value in form.options:
        if value is not None and plain == words.plain(label):
            return Filled(value)
    return None


def _slot(kind: FormKind, form: Form) -> Slot:
    return next(slot for slot in kind.slots if slot.name == form.slot)


def _says(understood: Understanding, fields: frozenset[str]) -> bool:
    said = understood.entities
    return any(getattr(said, name) not in (None, ()) or name in said.candidates for name in fields)
