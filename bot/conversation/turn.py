"""One turn of a conversation: understand → decide → act → say.

The order of understanding is the design's: exact commands and taps, then what the running flow expects, then
the language model. Each step either answers or passes on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from actions.house import House
from actions.membership import people
from actions.membership.people import Person
from bot.conversation import words
from bot.conversation.memory import Conversation, ConversationStore, MemoryUnavailableError
from bot.messages import Incoming, Reply
from bot.outreach.queue import release_waiting
from ledger.book import Busy
from ledger.records.tickets import Said
from nlu.engine import Nlu
from shop import texts

log = structlog.get_logger()

# Events after which a message may be sent (wechat-protocol §4.1).
_TAPS = frozenset({"subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg"})

# Keeps a sentence that was not understood, with the intent that was guessed.
Learn = Callable[[str, str], None]


@dataclass
class Turn:
    """Everything one message's answer is made from; `memory` is changed in place.

    Attributes:
        remembers: False while Redis is away: then nothing that needs a confirmation is begun.
        lately: the last lines of this chat, (who, words).
        page_link: a link to the writer's own page; None when there is none.
    """

    house: House
    nlu: Nlu
    incoming: Incoming
    now: datetime
    person: Person
    memory: Conversation
    remembers: bool
    learn: Learn
    lately: Callable[[], list[tuple[str, str]]] = list
    page_link: Callable[[], str | None] = lambda: None

    def before(self) -> list[Said]:
        """What was said in this chat before this message, oldest first."""
        return [Said("member" if who == "member" else "assistant", words) for who, words in self.lately()]

    @property
    def text(self) -> str:
        return self.incoming.text

    def say(self, name: str, /, **values: object) -> str:
        return texts.say(self.house.shop, name, **values)

    def reply(self, name: str, /, **values: object) -> Reply:
        return Reply(self.say(name, **values))


Step = Callable[[Turn], Reply | None]


class Bot:
    """The conversation of one shop; shared by threads, keeps nothing of its own.

    Args:
        steps: asked in order; the first that answers wins, the last must answer.
        learn: told of every sentence that was misunderstood.
        page_link: a link to the page of an account; None when there is none.
    """

    def __init__(
        self,
        house: House,
        nlu: Nlu,
        conversations: ConversationStore,
        steps: tuple[Step, ...],
        learn: Learn,
        page_link: Callable[[str], str | None] = lambda _openid: None,
    ) -> None:
        self._house = house
        self._nlu = nlu
        self._conversations = conversations
        self._steps = steps
        self._learn = learn
        self._page_link = page_link

    def turn(self, incoming: Incoming) -> Reply:
        """Answer one delivery. Faults of the database become a true sentence, never an exception.

        What a fault left in doubt is settled by saying it again: a confirmation books under the key of its
        quote, which stays pending until its outcome is known.
        """
        memory, remembers = self._recall(incoming.openid)
        before = copy.deepcopy(memory)
        confirming = memory.pending is not None and words.is_yes(incoming.text)
        try:
            person = people.identify(self._house, incoming.openid)
            self._note_occasion(incoming)
            turn = Turn(
                self._house,
                self._nlu,
                incoming,
                self._house.clock(),
                person,
                memory,
                remembers,
                self._learn,
                lately=lambda: self._conversations.lately(incoming.openid),
                page_link=lambda: self._page_link(incoming.openid),
            )
            reply = self._answer(turn)
            if person.has_waiting and incoming.kind != "event":
                self._send_what_waits(incoming.openid)
        except (DBAPIError, Busy) as error:
            log.error("turn.database_fault", openid=incoming.openid, error=type(error).__name__)
            name = "fault_confirming" if confirming else "fault"
            return Reply(texts.say(self._house.shop, name))
        if memory != before:
            self._remember(incoming.openid, memory, remembers)
        if remembers:
            self._conversations.note(incoming.openid, incoming.text, reply.text)
        return reply

    def _answer(self, turn: Turn) -> Reply:
        for step in self._steps:
            reply = step(turn)
            if reply is not None:
                return reply
        raise AssertionError("the last step always answers")

    def _note_occasion(self, incoming: Incoming) -> None:
        """What was done opens WeChat's reply window; noted first, since the receipts go out at once."""
        if incoming.kind != "event":
            people.note_occasion(self._house, openid=incoming.openid, occasion="message")
        elif incoming.event in _TAPS:
            people.note_occasion(self._house, openid=incoming.openid, occasion="tap")

    def _send_what_waits(self, openid: str) -> None:
        """Somebody who writes may be written to again: what had to wait goes out (wechat-protocol §4.1)."""
        with self._house.engine.begin() as connection:
            release_waiting(connection, openid, now=self._house.clock())

    def _recall(self, openid: str) -> tuple[Conversation, bool]:
        try:
            return self._conversations.load(openid), True
        except MemoryUnavailableError:
            log.error("turn.memory_unavailable", openid=openid)
            return Conversation(), False

    def _remember(self, openid: str, memory: Conversation, remembers: bool) -> None:
        if not remembers:
            return
        try:
            self._conversations.save(openid, memory)
        except MemoryUnavailableError:
            log.error("turn.memory_unavailable", openid=openid)
