"""Command line of understanding: `zhanggui nlu train | serve | test | inbox` and `zhanggui parse`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import redis

from nlu import service
from nlu.engine import Nlu
from nlu.evaluation import judge, read_split, reliability
from nlu.evaluation_picture import reliability_svg
from nlu.evaluation_report import report
from nlu.inbox import Inbox, Waiting, intents, learn
from nlu.normalise import normalise
from nlu.rasa_client import RasaClient, RasaIntent
from nlu.running import running_server
from nlu.wire import to_json
from shop.catalogue import Catalogue

SHOP_ZONE = ZoneInfo("Asia/Shanghai")
DEFAULT_PORT = 5005


def _data_dir() -> Path:
    return Path(os.environ.get("ZHANGGUI_DATA_DIR", "var"))


def _say(message: str) -> None:
    click.echo(message, err=True)


@click.group()
def nlu() -> None:
    """Train, serve and measure understanding."""


@nlu.command()
def train() -> None:
    """Make the environment and the model; nothing happens when nothing changed."""
    try:
        click.echo(service.prepare(_data_dir(), _say))
    except service.NluSetupError as error:
        raise click.ClickException(str(error)) from error


@nlu.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Serve the model on 127.0.0.1 with the token of ZHANGGUI_NLU_TOKEN (one is made and shown if unset)."""
    token = os.environ.get("ZHANGGUI_NLU_TOKEN", "")
    if not token:
        token = service.new_token()
        _say(f"ZHANGGUI_NLU_TOKEN={token}")
    try:
        model = service.prepare(_data_dir(), _say)
    except service.NluSetupError as error:
        raise click.ClickException(str(error)) from error
    command = service.serve_command(_data_dir(), model, port=port, token=token)
    os.chdir(command.cwd)
    os.execve(command.arguments[0], command.arguments, command.env)  # noqa: S606


@nlu.command()
@click.option("--split", type=click.Choice(["test", "calibration", "dev"]), default="test", show_default=True)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to draw the reliability curve (SVG).",
)
def test(split: str, picture: Path | None) -> None:
    """Measure intents on sentences that were never trained on."""
    pairs = read_split(service.PROJECT / "data" / split)
    with _server() as rasa:
        if rasa is None:
            raise click.ClickException("the model could not be served")
        milliseconds: list[float] = []
        judged = judge(pairs, partial(_timed, rasa, milliseconds))
    click.echo(report(judged, milliseconds))
    if picture is not None:
        picture.write_text(
            reliability_svg(reliability(judged), f"{len(judged)} sentences, split {split}"), "utf-8"
        )


def _timed(rasa: RasaClient, milliseconds: list[float], text: str) -> RasaIntent:
    started = time.perf_counter()
    found = rasa.parse(normalise(text) or " ")
    milliseconds.append((time.perf_counter() - started) * 1000)
    return found


@nlu.command()
@click.option(
    "--label", "labels", nargs=2, multiple=True, metavar="NUMBER INTENT", help="Teach sentence NUMBER."
)
@click.option("--drop", "drops", type=int, multiple=True, metavar="NUMBER", help="Forget sentence NUMBER.")
@click.pass_context
def inbox(ctx: click.Context, labels: tuple[tuple[str, str], ...], drops: tuple[int, ...]) -> None:
    """List the sentences that were not understood; label them into the training data, or drop them."""
    url = os.environ.get("ZHANGGUI_REDIS_URL") or _apps_redis(ctx)
    box = Inbox(redis.Redis.from_url(url, socket_timeout=5))
    try:
        _work_through(box, labels, drops)
    except redis.RedisError as error:
        raise click.ClickException(f"Redis does not answer: {error}") from error


def _apps_redis(ctx: click.Context) -> str:
    """The private Redis of the program that runs on the data folder; the room above knows where that is."""
    find: Callable[[], str] | None = (ctx.find_object(dict) or {}).get("redis_url")
    if find is None:
        raise click.ClickException("set ZHANGGUI_REDIS_URL: the sentences wait in the app's Redis")
    return find()


def _work_through(box: Inbox, labels: tuple[tuple[str, str], ...], drops: tuple[int, ...]) -> None:
    waiting = box.waiting()
    known = intents(service.PROJECT / "domain.yml")
    for number, intent in labels:
        if intent not in known:
            raise click.ClickException(f"no intent {intent!r}; one of: {', '.join(known)}")
        one = _chosen(waiting, number)
        try:
            learn(one.text, intent, service.PROJECT / "data" / "said" / "learned.txt")
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        box.drop(one)
    for dropped in drops:
        box.drop(_chosen(waiting, str(dropped)))
    if not labels and not drops:
        for place, one in enumerate(waiting, 1):
            click.echo(f"{place:4}  {one.text}  ({one.guess})")


def _chosen(waiting: list[Waiting], number: str) -> Waiting:
    if not number.isdigit() or not 1 <= int(number) <= len(waiting):
        raise click.ClickException(f"no sentence {number}; there are {len(waiting)}")
    return waiting[int(number) - 1]


class _Moment(click.ParamType[datetime]):
    name = "ISO"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an ISO time such as 2026-03-05T15:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=SHOP_ZONE)


@click.command()
@click.option("--now", type=_Moment(), help="The moment the texts were said; default: now.")
@click.option(
    "--shop", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="shop.yml, for its names."
)
def parse(now: datetime | None, shop: Path | None) -> None:
    """Read one text a line, write one JSON object a line."""
    moment = now or datetime.now(SHOP_ZONE)
    catalogue = _catalogue(shop)
    with _server() as rasa:
        engine = Nlu(rasa=rasa, cache=None, catalogue=catalogue)
        for raw in sys.stdin.buffer:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            click.echo(json.dumps(to_json(engine.parse(text, now=moment)), ensure_ascii=False))


def _catalogue(shop: Path | None) -> Catalogue:
    if shop is None:
        return Catalogue()
    from shop.files import load  # noqa: PLC0415 - only when a shop is named

    return load(shop).catalogue()


@contextmanager
def _server() -> Iterator[RasaClient | None]:
    """The server of ZHANGGUI_NLU_URL, else one of our own for this run, else none."""
    url = os.environ.get("ZHANGGUI_NLU_URL")
    if url:
        yield RasaClient(url, os.environ.get("ZHANGGUI_NLU_TOKEN", ""))
        return
    try:
        model = service.prepare(_data_dir(), _say)
    except service.NluSetupError as error:
        _say(str(error))
        yield None
        return
    with running_server(_data_dir(), model) as client:
        yield client
