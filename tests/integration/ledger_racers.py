"""Processes that go for the same thing at the same instant; shared by the race test and its long form."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Barrier

from ledger_support import DAY, NOW, header, line, new_member
from sqlalchemy import Connection, Engine, create_engine, text

from ledger.book import Outcome, Posted, grant_points, lock_wallets, purchase, reverse, spend_points, top_up

PROCESSES = 4
PRIZE = 100


@dataclass(frozen=True)
class Try:
    """What one process got in one round. `error`: what reached the caller."""

    won: bool
    transfer_id: int | None
    replayed: bool
    error: str


@dataclass(frozen=True)
class Race:
    """`prepare` makes one round's members (returns what the attempt needs); `attempt` is one process's go."""

    prepare: Callable[[Connection, int], tuple[int, ...]]
    attempt: Callable[[Connection, tuple[int, ...], int, int], Outcome]


def _with_money(connection: Connection, number: int) -> tuple[int, ...]:
    member_id = new_member(connection, f"r{number}")
    done = top_up(connection, header(f"prize-{member_id}", member_id), paid_fen=PRIZE, payment_method="cash")
    assert isinstance(done, Posted)
    return member_id, done.transfer_id


def _with_points(connection: Connection, number: int) -> tuple[int, ...]:
    member_id = new_member(connection, f"r{number}")
    for days, points in ((5, 6), (9, 4)):
        grant = header(f"prize-{member_id}-{days}", member_id)
        grant_points(connection, grant, points=points, expires_at=NOW + days * DAY, reason="gift")
    return (member_id,)


def _pair(connection: Connection, number: int) -> tuple[int, ...]:
    return new_member(connection, f"a{number}"), new_member(connection, f"b{number}")


def _buy(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    return purchase(
        connection,
        header(f"buy-{ids[0]}-{worker}", ids[0], store_id=f"s{worker % 2}"),
        lines=[line(PRIZE)],
        stored_fen=PRIZE,
        spending_order="pro_rata",
    )


def _spend_all(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    return spend_points(connection, header(f"spend-{ids[0]}-{worker}", ids[0]), points=10, reward_id="cup")


def _spend_lot(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    """One lot is due: whoever comes first expires it, and one only gets the last lot's four points."""
    late = header(f"lot-{ids[0]}-{worker}", ids[0], at=NOW + 5 * DAY + timedelta(seconds=1))
    return spend_points(connection, late, points=4, reward_id="cup")


def _same_key(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    return top_up(connection, header(f"same-{ids[0]}", ids[0]), paid_fen=PRIZE, payment_method="cash")


def _top_up(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    """All on one wallet: each is a link of its own in one chain."""
    return top_up(
        connection, header(f"more-{ids[0]}-{worker}", ids[0]), paid_fen=PRIZE, payment_method="cash"
    )


def _both(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    """Opposite pairs: half of the processes come with (a, b), half with (b, a); in stores new to the book."""
    first, second = ids if worker % 2 else ids[::-1]
    lock_wallets(connection, [first, second])
    stores = (f"n{number}a", f"n{number}b")
    for member_id, store_id in zip((first, second), stores if worker % 2 else stores[::-1], strict=True):
        done = grant_points(
            connection,
            header(f"both-{member_id}-{worker}", member_id, store_id=store_id),
            points=1,
            expires_at=None,
            reason="referral",
        )
    return done


def _crowd(connection: Connection, number: int) -> tuple[int, ...]:
    return tuple(new_member(connection, f"c{number}-{worker}") for worker in range(PROCESSES))


def _new_stores(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    """Each has a member of its own, but all make the same new accounts of the shop, by halves in another
    order.
    """
    stores = (f"m{number}a", f"m{number}b")
    for store_id in stores if worker % 2 else stores[::-1]:
        grant = header(f"new-{ids[worker]}-{store_id}", ids[worker], store_id=store_id)
        done = grant_points(connection, grant, points=1, expires_at=None, reason="gift")
    return done


def _reverse_or_buy(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    if worker:
        return _buy(connection, ids, number, worker)
    undo = header(f"undo-{ids[0]}", ids[0])
    return reverse(connection, undo, transfer_id=ids[1], reason="录错了")


def _reverse_twice(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    undo = header(f"undo-{ids[0]}-{worker}", ids[0])
    return reverse(connection, undo, transfer_id=ids[1], reason="录错了")


def _naive_setup(connection: Connection, number: int) -> tuple[int, ...]:
    connection.execute(text("CREATE TABLE IF NOT EXISTS naive (id int PRIMARY KEY, balance int)"))
    connection.execute(text("INSERT INTO naive VALUES (:id, :prize)"), {"id": number, "prize": PRIZE})
    return (number,)


def _naive(connection: Connection, ids: tuple[int, ...], number: int, worker: int) -> Outcome:
    """The canary: read, check, write back. It must lose races, or the race is no test."""
    balance = connection.execute(
        text("SELECT balance FROM naive WHERE id = :id"), {"id": ids[0]}
    ).scalar_one()
    if balance < PRIZE:
        raise LookupError("insufficient")
    connection.execute(
        text("UPDATE naive SET balance = :left WHERE id = :id"), {"left": balance - PRIZE, "id": ids[0]}
    )
    return Posted(1, replayed=False, balances=None)  # type: ignore[arg-type]


RACES = {
    "last fen": Race(_with_money, _buy),
    "last points": Race(_with_points, _spend_all),
    "last lot": Race(_with_points, _spend_lot),
    "reversal against purchases": Race(_with_money, _reverse_or_buy),
    "reversal against itself": Race(_with_money, _reverse_twice),
    "same key": Race(_with_money, _same_key),
    "top-ups of one wallet": Race(_with_money, _top_up),
    "opposite pairs": Race(_pair, _both),
    "new stores": Race(_crowd, _new_stores),
    "naive": Race(_naive_setup, _naive),
}


ALL_WIN = frozenset({"top-ups of one wallet", "opposite pairs", "new stores"})


def run(url: str, names: Sequence[str], rounds: int) -> dict[str, list[list[Try]]]:
    """All races, all rounds, the same processes; by race and round what each process got."""
    engine = create_engine(url)
    with engine.begin() as connection:
        prepared = {name: [RACES[name].prepare(connection, n) for n in range(rounds)] for name in names}
    engine.dispose()
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(PROCESSES), context.Queue()
    racers = [
        context.Process(target=_race, args=(url, prepared, number, barrier, queue), daemon=True)
        for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    results = [queue.get(timeout=60 + rounds * len(names)) for _ in racers]
    for racer in racers:
        racer.join()
    return {name: [list(tries) for tries in zip(*(r[name] for r in results), strict=True)] for name in names}


def _race(
    url: str,
    prepared: dict[str, list[tuple[int, ...]]],
    worker: int,
    barrier: Barrier,
    queue: multiprocessing.Queue[dict[str, list[Try]]],
) -> None:
    engine = create_engine(url, connect_args={"options": "-c lock_timeout=5s"})
    with engine.connect():
        pass
    tries: dict[str, list[Try]] = {}
    for name, rounds in prepared.items():
        tries[name] = []
        for number, ids in enumerate(rounds):
            barrier.wait(timeout=60)
            tries[name].append(_try(engine, RACES[name].attempt, ids, number, worker))
    engine.dispose()
    queue.put(tries)


def _try(
    engine: Engine,
    attempt: Callable[[Connection, tuple[int, ...], int, int], Outcome],
    ids: tuple[int, ...],
    number: int,
    worker: int,
) -> Try:
    try:
        with engine.begin() as connection:
            outcome = attempt(connection, ids, number, worker)
    except LookupError:
        return Try(won=False, transfer_id=None, replayed=False, error="")
    except Exception as error:  # noqa: BLE001 - whatever reaches the caller is the test's business
        return Try(won=False, transfer_id=None, replayed=False, error=f"{type(error).__name__}: {error}")
    if isinstance(outcome, Posted):
        return Try(won=True, transfer_id=outcome.transfer_id, replayed=outcome.replayed, error="")
    return Try(won=False, transfer_id=None, replayed=outcome.replayed, error="")


def violations(name: str, rounds: list[list[Try]]) -> list[str]:
    """What must not happen: an error at the caller, more or fewer winners than one."""
    found = [f"round {n}: {t.error}" for n, tries in enumerate(rounds) for t in tries if t.error]
    for number, tries in enumerate(rounds):
        winners = [t for t in tries if t.won and not t.replayed]
        expected = PROCESSES if name in ALL_WIN else 1
        if len(winners) != expected:
            found.append(f"round {number}: {len(winners)} winners")
        if name == "same key" and len({t.transfer_id for t in tries}) != 1:
            found.append(f"round {number}: other answers under one key")
    return found
