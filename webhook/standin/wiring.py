"""All parts of the stand-in, wired once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from webhook.standin.assets import MediaStore, TicketOffice
from webhook.standin.chat import FAILURE_NOTICE, ChatLog, Json, WireLog
from webhook.standin.clock import MovableClock, real_now
from webhook.standin.config import StandInConfig
from webhook.standin.database import Database
from webhook.standin.errors import PlatformError
from webhook.standin.faults import FaultSwitch
from webhook.standin.menu import Menu
from webhook.standin.people import People
from webhook.standin.push import Push, PushEngine, PushOutcome
from webhook.standin.tokens import Quotas, Tokens
from webhook.standin.xmlwire import Article, PassiveReply

_log = logging.getLogger(__name__)


class Platform:
    """The WeChat platform as the product sees it, with its people, its memory and its clock."""

    def __init__(self, config: StandInConfig, real: Callable[[], datetime] = real_now) -> None:
        config.check()
        self.config = config
        self.clock = MovableClock(config.clock_file, real)
        self.database = Database(config.database)
        self.people = People(self.database, self.clock)
        self.chat = ChatLog(self.database, self.clock, config.chat_kept_per_person)
        self.wire = WireLog(
            self.database, self.clock, config.wire_kept, (config.app_secret, config.aes_key, config.token)
        )
        self.quotas = Quotas(self.database, self.clock)
        self.tokens = Tokens(self.database, self.clock, self.quotas, config.app_id, config.app_secret)
        self.media = MediaStore(self.database, self.clock)
        self.tickets = TicketOffice(self.database, self.clock, config.public_origin)
        self.menu = Menu(self.database)
        self.faults = FaultSwitch()
        self.pusher = PushEngine(config, self.clock, self.wire, self._show_outcome)

    def reset(self) -> None:
        """Forget people, chats, wire log, media, tickets, menu, quotas and faults, and go back to real time.

        Tokens stay: the product may hold one.
        """
        with self.database.transaction():
            for table in ("person", "message", "wire", "ticket", "media", "quota"):
                self.database.run(f"DELETE FROM {table}")  # noqa: S608 - fixed names
            self.database.run("DELETE FROM note WHERE name LIKE 'consent:%' OR name LIKE 'sent:%'")
            self.menu.delete()
        self.faults.clear()
        self.clock.back_to_real_time()

    def close(self) -> None:
        self.pusher.close()
        self.database.close()

    def show(self, openid: str, reply: PassiveReply) -> None:
        """Put an answer of the account on the person's phone. PlatformError 40007 for media that are gone."""
        if reply.kind in ("image", "voice", "video", "music"):
            media = self.media.usable(reply.media_id)
            self.chat.add(openid, "account", reply.kind, {"media_id": media.media_id, "text": reply.text})
        elif reply.kind == "news":
            self.chat.add(
                openid, "account", "news", {"articles": [article_json(item) for item in reply.articles]}
            )
        elif reply.kind == "text":
            self.chat.add(openid, "account", "text", {"text": reply.text})

    def _show_outcome(self, push: Push, outcome: PushOutcome) -> None:
        person = self.people.find(push.openid)
        if not push.shows or person is None or not person.follows:
            return
        answer = outcome.answer
        if answer.reply is not None:
            try:
                self.show(push.openid, answer.reply)
            except PlatformError as error:
                _log.warning("a passive reply named media that are gone: %s", error.code)
            else:
                return
        elif answer.taken and not answer.problem:
            return
        self.chat.add(push.openid, "system", "notice", {"text": FAILURE_NOTICE})


def article_json(article: Article) -> Json:
    return {
        "title": article.title,
        "description": article.description,
        "picture_url": article.picture_url,
        "url": article.url,
    }
