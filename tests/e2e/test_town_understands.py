"""A sentence in a member's own words, all the way: AES, XML, the trained model, SQL, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from town import Town

from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from ledger import migrations

pytestmark = pytest.mark.rasa


@pytest.fixture(scope="module")
def town(
    scratch_dir: Path,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    rasa_server: tuple[str, str],
) -> Iterator[Town]:
    """A town in plain mode with one web process and the run's language server."""
    postgres_server.ensure_database("town_understands")
    url = postgres_server.url("town_understands")
    migrations.upgrade(url)
    made = Town(
        scratch_dir / "understands", url, redis_server.url(8), mode="plain", nlu=rasa_server, web_processes=1
    )
    try:
        made.open()
        yield made
    finally:
        made.close()


def test_the_model_is_what_answers(town: Town) -> None:
    assert requests.get(f"{town.web}/readyz", timeout=10).json()["parts"]["nlu"] == "ok"


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("帮我瞅瞅卡上还剩几个钱", "小林"),
        ("充五百能送我多少呀", "充 ¥500.00"),
        ("望京那家店几点关门", "望京店"),
        ("我想听周杰伦的歌", "没听"),
    ],
)
def test_own_words(town: Town, said: str, answered: str) -> None:
    assert answered in town.say("小林", said)
