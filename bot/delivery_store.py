"""What the web processes tell each other about deliveries, in Redis (wechat-protocol §1.4).

Three things live here: for each delivery key who works on it, or its reply; for each openid the line of those
who wait for their turn; and a sign of life of each process, so that the claims and places of a dead one fall
to others. Nothing of value: without Redis the callers go on alone (`UnavailableError`).

The scripts build key names from stored process ids, so Redis Cluster is not supported.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.messages import Choice, Reply

T = TypeVar("T")

ALIVE_SECONDS = 8  # a process that is silent for so long is dead
REPLY_SECONDS = 24 * 3600
CLAIM_SECONDS = 3600  # litter of processes that died, when no one asks again
LINE_SECONDS = 600
PAUSE_AFTER_FAILURE_SECONDS = 2.0

# value: "W<process>:<n>" while worked on, "D<json>" when done. Answers: "" claimed, "W" wait, "D<json>" done.
_CLAIM = """
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, 1) == 'D' then return value end
if value and value ~= 'W' .. ARGV[1] then
  local process = string.match(value, '^W([^:]*):')
  if redis.call('EXISTS', ARGV[2] .. process) == 1 then return 'W' end
end
redis.call('SET', KEYS[1], 'W' .. ARGV[1], 'EX', ARGV[3])
return ''
"""
# Only the owner finishes; a claim that was taken over is left to the new owner. Either way the line moves on.
_FINISH = """
redis.call('LREM', KEYS[2], 1, ARGV[1])
if redis.call('GET', KEYS[1]) ~= 'W' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'D' .. ARGV[2], 'EX', ARGV[3])
return 1
"""
# 1 when it is the token's turn. A line that was lost (flushed Redis) makes nobody wait.
_TURN = """
while true do
  local head = redis.call('LINDEX', KEYS[1], 0)
  if not head or head == ARGV[1] then return 1 end
  local process = string.match(head, '^([^:]*):')
  if redis.call('EXISTS', ARGV[2] .. process) == 1 then return 0 end
  redis.call('LPOP', KEYS[1])
end
"""


class UnavailableError(Exception):
    """Redis did not answer, or failed a moment ago."""


class _Script(Protocol):
    def __call__(self, keys: list[str], args: list[str | int]) -> bytes | int: ...


def connect(url: str) -> redis.Redis:
    """A client that gives up soon: WeChat waits 5 s for the whole answer."""
    return redis.Redis.from_url(
        url,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 1),  # one more try on a connection that had gone stale
        health_check_interval=30,
    )


class DeliveryStore:
    """Claims, replies, lines and signs of life.

    Args:
        client: see `connect`.
        process_id: unique for each running process, without a colon.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, process_id: str, prefix: str = "zg:") -> None:
        self.client = client
        self.process_id = process_id
        self.prefix = prefix
        self._failed_at: float | None = None
        self._claim = cast(_Script, client.register_script(_CLAIM))
        self._finish = cast(_Script, client.register_script(_FINISH))
        self._turn = cast(_Script, client.register_script(_TURN))

    def breathe(self) -> None:
        """Renew this process's sign of life; call it several times in `ALIVE_SECONDS`."""
        self._guard(lambda: self.client.set(self._alive + self.process_id, "1", ex=ALIVE_SECONDS))

    def expire(self) -> None:
        """Withdraw the sign of life: an orderly end."""
        self._guard(lambda: self.client.delete(self._alive + self.process_id))

    def claim(self, key: str, token: str) -> Reply | bool:
        """True: the work is `token`'s. False: someone alive is at it. A Reply: it is done."""
        args: list[str | int] = [token, self._alive, CLAIM_SECONDS]
        answer = self._guard(lambda: self._claim(keys=[self._delivery(key)], args=args))
        value = answer.decode() if isinstance(answer, bytes) else str(answer)
        if value.startswith("D"):
            return _load(value[1:])
        return value == ""

    def finish(
        self, key: str, openid: str, token: str, reply: Reply, keep_seconds: int = REPLY_SECONDS
    ) -> None:
        """Leave the line, and keep the reply for later deliveries unless another process has taken over."""
        keys = [self._delivery(key), self._line(openid)]
        args: list[str | int] = [token, _dump(reply), keep_seconds]
        self._guard(lambda: self._finish(keys=keys, args=args))

    def stand_in_line(self, openid: str, token: str) -> bool:
        """Take the last place in the member's line; True when it is also the first."""

        def push() -> bool:
            with self.client.pipeline(transaction=False) as pipeline:
                pipeline.rpush(self._line(openid), token)
                pipeline.expire(self._line(openid), LINE_SECONDS)
                return bool(pipeline.execute()[0] == 1)

        return self._guard(push)

    def is_turn(self, openid: str, token: str) -> bool:
        args: list[str | int] = [token, self._alive]
        return self._guard(lambda: self._turn(keys=[self._line(openid)], args=args)) == 1

    @property
    def _alive(self) -> str:
        return f"{self.prefix}alive:"

    def _delivery(self, key: str) -> str:
        return f"{self.prefix}delivery:{key}"

    def _line(self, openid: str) -> str:
        return f"{self.prefix}line:{openid}"

    def _guard(self, call: Callable[[], T]) -> T:
        """Run one Redis call; after a failure, spare the next callers the time-out for a moment."""
        failed_at = self._failed_at
        if failed_at is not None and time.monotonic() - failed_at < PAUSE_AFTER_FAILURE_SECONDS:
            raise UnavailableError
        try:
            result = call()
        except redis.RedisError as error:
            self._failed_at = time.monotonic()
            raise UnavailableError(str(error)) from error
        self._failed_at = None
        return result


def _dump(reply: Reply) -> str:
    choices = [[choice.label, choice.says] for choice in reply.choices]
    return json.dumps([reply.text, choices], ensure_ascii=False)


def _load(text: str) -> Reply:
    words, choices = json.loads(text)
    return Reply(words, tuple(Choice(label, says) for label, says in choices))
