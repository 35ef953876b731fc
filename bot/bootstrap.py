"""The one place where real things are wired: web, worker, command line, demo and tests all call it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from actions.counter import desk
from actions.house import House
from actions.loyalty import codes
from actions.upkeep import duties, late_replies, rules_archive
from bot import delivery_store
from bot.clock import Clock, make_clock
from bot.conversation.memory import ConversationStore
from bot.conversation.steps import STEPS
from bot.conversation.turn import Bot
from bot.deliveries import Deliveries
from bot.embedded.servers import Addresses
from bot.links import MemberLinks
from bot.messages import Incoming, Reply
from bot.outreach.channels.sms.aliyun import ORIGIN, Aliyun
from bot.outreach.channels.sms.codes import CodeSender
from bot.outreach.jobs import Duties
from bot.outreach.queue import deferring, worker_is_alive
from bot.outreach.wechat.client import WeChat
from bot.outreach.wechat.markup import render_text
from bot.settings import Settings
from ledger.book.driver import check_when_idle
from nlu.engine import Nlu
from nlu.inbox import Inbox
from nlu.rasa_client import RasaClient
from shop.files import load
from shop.model import Shop

LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "3s"  # the answer is due within 5
CONNECT_TIMEOUT_SECONDS = 3

desk.CODE_READERS[:] = [codes.read_code]


@dataclass(frozen=True)
class Program:
    """Everything wired, once per process."""

    settings: Settings
    shop: Shop
    clock: Clock
    engine: Engine
    redis: redis.Redis
    house: House
    rasa: RasaClient | None
    bot: Bot
    links: MemberLinks
    deliveries: Deliveries
    client: WeChat | None

    def answer(self, incoming: Incoming) -> Reply:
        """One delivery, answered once: what the webhook calls."""
        return self.deliveries.answer(incoming, work=self.bot.turn, late=self._answer_late)

    def _answer_late(self, incoming: Incoming, reply: Reply) -> None:
        if reply.text:
            late_replies.queue(self.house, key=incoming.key, openid=incoming.openid, text=render_text(reply))

    def readiness(self) -> dict[str, str]:
        """Part → "ok", "degraded: why" or what is missing."""
        return {
            "database": self._database_state(),
            "redis": self._redis_state(),
            "worker": self._worker_state(),
            "nlu": self._nlu_state(),
        }

    def _nlu_state(self) -> str:
        if self.rasa is not None and self.rasa.is_ready():
            return "ok"
        return "degraded: keywords answer, the language model is not up"

    def _database_state(self) -> str:
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1 FROM transfer LIMIT 1"))
        except SQLAlchemyError as error:
            return f"not reachable or not migrated ({type(error).__name__})"
        return "ok"

    def _worker_state(self) -> str:
        try:
            with self.engine.connect() as connection:
                alive = worker_is_alive(connection)
        except SQLAlchemyError:
            alive = False
        return "ok" if alive else "degraded: no worker is running, messages wait"

    def _redis_state(self) -> str:
        try:
            self.redis.ping()
        except redis.RedisError as error:
            return f"not reachable ({type(error).__name__})"
        return "ok"

    def close(self) -> None:
        self.deliveries.close()
        self.engine.dispose()
        self.redis.close()


def make_engine(database_url: str, *, pool_size: int = 10, durable: bool = True) -> Engine:
    """A pool whose statements end before WeChat hangs up, and that notices a restarted server before it asks.

    Args:
        durable: False lets commits return before they are on disk; for data that can be made again.
    """
    options = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT} -c timezone=UTC"
    if not durable:
        options += " -c synchronous_commit=off"
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        connect_args={"options": options, "connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )
    check_when_idle(engine)
    return engine


def random_digits(count: int) -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(count))


def make_house(engine: Engine, shop: Shop, clock: Clock, *, send_code: CodeSender | None = None) -> House:
    """The dependencies of the actions, with real randomness and the real queue."""
    return House(
        engine=engine,
        shop=shop,
        clock=clock,
        defer_message=deferring(clock),
        random_digits=random_digits,
        send_code=send_code,
    )


def duties_of(house: House) -> Duties:
    """What the worker does by itself."""
    return Duties(nightly=lambda: duties.run_nightly(house), frequent=lambda: duties.run_frequent(house))


def build(settings: Settings, addresses: Addresses) -> Program:
    """Wire one process."""
    shop = load(settings.shop)
    clock = make_clock(settings.clock_file)
    engine = make_engine(addresses.database_url)
    store = delivery_store.connect(addresses.redis_url)
    house = make_house(engine, shop, clock, send_code=code_sender(settings))
    rules_archive.keep_if_possible(house)
    rasa = make_rasa(settings)
    links = MemberLinks(store, settings.public_origin)
    nlu = Nlu(rasa=rasa, cache=store, catalogue=shop.catalogue())
    threading.Thread(target=nlu.warm, name="warm-nlu", daemon=True).start()
    return Program(
        settings=settings,
        shop=shop,
        clock=clock,
        engine=engine,
        redis=store,
        house=house,
        rasa=rasa,
        bot=Bot(house, nlu, ConversationStore(store), STEPS, Inbox(store).keep, links.make),
        links=links,
        deliveries=Deliveries(store),
        client=make_client(settings, store),
    )


def make_rasa(settings: Settings) -> RasaClient | None:
    """The language server, if its address is set; it may come up later than we do."""
    token = settings.nlu_token.get_secret_value() if settings.nlu_token else ""
    return RasaClient(settings.nlu_url, token) if settings.nlu_url else None


def sms_provider(settings: Settings) -> Aliyun | None:
    """The account for short messages, if one is set."""
    if settings.sms_key_id is None or settings.sms_secret is None or settings.sms_sign_name is None:
        return None
    secret = settings.sms_secret.get_secret_value()
    return Aliyun(settings.sms_key_id, secret, settings.sms_sign_name, origin=settings.sms_origin or ORIGIN)


def code_sender(settings: Settings) -> CodeSender | None:
    """What sends the code that proves a phone, if the provider has a template for it."""
    provider = sms_provider(settings)
    if provider is None or settings.sms_code_template is None:
        return None
    return CodeSender(provider, settings.sms_code_template)


def make_client(settings: Settings, store: redis.Redis) -> WeChat | None:
    """The WeChat API, if an account is set."""
    if settings.wechat_app_id is None or settings.wechat_app_secret is None:
        return None
    return WeChat(
        settings.wechat_app_id,
        settings.wechat_app_secret.get_secret_value(),
        store,
        origin=settings.wechat_api_origin or "",
    )
