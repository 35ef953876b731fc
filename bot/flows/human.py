"""Reaching a person: 人工 and complaints open a ticket; until it is settled, more words go to it (A10)."""

from __future__ import annotations

from actions.membership import tickets
from actions.membership.tickets import Asked
from bot.conversation.answers import Answer
from bot.conversation.turn import Turn
from bot.messages import Reply
from ledger.records.tickets import Kind
from nlu.understanding import Understanding
from shop.words import moment


def _asks(kind: Kind) -> Answer:
    def ask(turn: Turn, _understood: Understanding) -> Reply:
        asked = tickets.ask(
            turn.house,
            openid=turn.person.openid,
            kind=kind,
            said=turn.text,
            before=turn.before(),
            key=f"ticket:{turn.incoming.key}",
        )
        turn.memory.with_person = True
        return Reply(_promise(turn, asked, kind))

    return ask


def _promise(turn: Turn, asked: Asked, kind: Kind) -> str:
    name = "human_again" if asked.again else "human_complaint" if kind == "complaint" else "human"
    text = turn.say(name, store=asked.store.name)
    if asked.opens_at is None:
        return text + turn.say("human_soon", phone=asked.store.phone)
    return text + turn.say("human_closed", opens=moment(asked.opens_at, turn.house.shop.zone))


def pass_on(turn: Turn) -> Reply | None:
    """What the assistant does not understand goes to the person who is already dealing with this member."""
    if not turn.memory.with_person:
        return None
    ticket = tickets.add(
        turn.house, openid=turn.person.openid, said=turn.text, key=f"ticket:{turn.incoming.key}"
    )
    if ticket is None:
        turn.memory.with_person = False
        return None
    return turn.reply("human_passed_on")


ANSWERS: dict[str, Answer] = {"human": _asks("human"), "complain": _asks("complaint")}
