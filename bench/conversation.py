"""Whole conversations through the webhook: how long each step of each flow takes, with the trained model.

`python bench/conversation.py [--members N]`

Real PostgreSQL and Redis, `zhanggui serve` with two processes, the trained model; one member after the other
has the whole conversation, from the first question to the cancelled booking. What the model has answered
before is forgotten between two members, so that every sentence is understood anew. Every answer is read and
compared: a wrong one ends the measurement. The client shares the machine with everything it measures.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
import requests
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).resolve().parents[1])
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "e2e"))

from town import ACCOUNT, Town  # noqa: E402

from bench.webhook import Platform, make_members, text_body, town_of  # noqa: E402
from webhook.standin.crypto import MessageCipher  # noqa: E402

SEALED = re.compile(r"<Encrypt><!\[CDATA\[(.+?)\]\]></Encrypt>")
# What is said, what must be answered, what the step is called.
STEPS: tuple[tuple[str, str, str], ...] = (
    ("你好", "您好", "greeting"),
    ("我卡里还有多少钱", "余额", "balance"),
    ("最近一个月的消费记录", "消费", "statement"),
    ("充800送多少", "¥120.00", "what an amount would give"),
    ("我想充值八百", "到店把", "top-up order"),
    ("我想换个手机号", "手机号", "phone: begun"),
    ("算了", "先不办", "phone: given up"),
    ("帮我约个眼部护理", "想约哪天", "booking: begun"),
    ("后天下午", "这些时间可以", "booking: three times offered"),
    ("先看下我的积分", "接着办预约", "booking: interrupted and back"),
    ("1", "请核对", "booking: held"),
    ("不对，是大后天", "这些时间可以", "booking: corrected"),
    ("1", "请核对", "booking: held again"),
    ("1", "约好了", "booking: yes"),
    ("我的预约", "眼部护理", "own bookings (tap)"),
    ("改到下午五点", "周", "moving: held or times offered"),
    ("算了", "好的", "moving: given up"),
    ("取消预约", "要取消这个预约吗", "cancelling: begun (tap)"),
    ("1", "已取消", "cancelling: yes"),
    ("先看下余额再告诉我门店地址", "家店", "two wishes in one sentence"),
    ("明天北京天气怎么样", "没听懂", "not understood"),
    ("我的余额", "余额", "balance (tap)"),
)


@dataclass
class Times:
    """Seconds of each step, over all members."""

    seconds: dict[int, list[float]] = field(default_factory=dict)

    def note(self, step: int, seconds: float) -> None:
        self.seconds.setdefault(step, []).append(seconds)


def answer_of(response: requests.Response) -> str:
    """What the member reads; "" when nothing was said."""
    cipher = MessageCipher(ACCOUNT["ZHANGGUI_WECHAT_AES_KEY"], ACCOUNT["ZHANGGUI_WECHAT_APP_ID"])
    sealed = SEALED.search(response.text)
    return cipher.decrypt(sealed.group(1)) if sealed else ""


def forget_what_was_understood(town: Town) -> None:
    """Empty the cache of the model's answers."""
    client = redis.Redis.from_url(town.redis_url)
    keys = list(client.scan_iter("zhanggui:nlu:*", count=1000))
    if keys:
        client.delete(*keys)
    client.close()


def talk(town: Town, session: requests.Session, platform: Platform, openid: str, times: Times) -> None:
    """One member's whole conversation."""
    for number, (said, expected, name) in enumerate(STEPS):
        query, body = platform.push(openid, text_body(said))
        started = time.perf_counter()
        response = session.post(f"{town.web}/wechat?{query}", data=body, timeout=20)
        times.note(number, time.perf_counter() - started)
        answered = answer_of(response)
        if response.status_code != 200 or not answered or expected not in answered:
            raise RuntimeError(f"{name}: {said!r} was answered {response.status_code} {answered[:300]!r}")


def run(count: int) -> Times:
    """`count` members talk, after one whose times are not counted."""
    platform, times = Platform(), Times()
    with town_of(with_nlu=True) as town, requests.Session() as session:
        session.trust_env = False
        for number, openid in enumerate(make_members(town.database_url, count + 1)):
            forget_what_was_understood(town)
            talk(town, session, platform, openid, times if number else Times())
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="p50 and p99 of each step of a conversation")
    parser.add_argument("--members", type=int, default=100)
    options = parser.parse_args()
    times = run(options.members)
    table = Table("step", "said", "p50 ms", "p99 ms", title=f"{options.members} members, one after the other")
    for number, (said, _expected, name) in enumerate(STEPS):
        cuts = statistics.quantiles(times.seconds[number], n=100, method="inclusive")
        table.add_row(name, said, f"{cuts[49] * 1000:.0f}", f"{cuts[98] * 1000:.0f}")
    every = [seconds for one in times.seconds.values() for seconds in one]
    cuts = statistics.quantiles(every, n=100, method="inclusive")
    table.add_row("all of them", "", f"{cuts[49] * 1000:.0f}", f"{cuts[98] * 1000:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
