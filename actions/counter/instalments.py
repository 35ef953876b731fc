"""Gift money in monthly parts (row B2): promised with the top-up, posted at night, void with the top-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from actions import notices
from actions.house import House
from ledger import book
from ledger.book import Header, Posted
from ledger.book.grants import grant
from ledger.records import instalments as records
from ledger.records.instalments import Instalment
from shop import points, texts
from shop.money import format_fen
from shop.words import morning

log = structlog.get_logger()

PAGE = 200


@dataclass(frozen=True)
class InstalmentNight:
    """How many due parts became gift money, and how many were void."""

    posted: int
    cancelled: int


def promise(
    connection: Connection,
    *,
    member_id: int,
    transfer_id: int,
    store_id: str,
    later: tuple[tuple[int, datetime], ...],
) -> None:
    """Write down the parts (fen, due) of a booked top-up that come later, in its transaction."""
    parts = [(number, fen, due_at) for number, (fen, due_at) in enumerate(later, start=2)]
    records.promise(
        connection, member_id=member_id, source_transfer_id=transfer_id, store_id=store_id, parts=parts
    )


def cancel(connection: Connection, transfer_id: int, now: datetime) -> int:
    """For a reversal or refund of a top-up, in its transaction: the fen of gift money that will not come."""
    return records.cancel_of(connection, transfer_id, now=now)


def caused_by(connection: Connection, transfer_id: int) -> tuple[int, ...]:
    """What came of a transfer later and still stands, newest first: a reversal undoes these before it."""
    return records.caused_by(connection, transfer_id)


def post_due(house: House) -> InstalmentNight:
    """Post every part that is due, one transaction each; those of an undone or refunded top-up are void.

    Safe to repeat and to run twice at once: each part has one key, and its wallet's lock decides.
    """
    posted = cancelled = after = 0
    while True:
        with house.engine.connect() as connection:
            page = records.due(connection, now=house.clock(), after=after, limit=PAGE)
        for part in page:
            with house.engine.begin() as connection:
                result = _settle(house, connection, part, house.clock())
            posted += result is True
            cancelled += result is False
        if len(page) < PAGE:
            return InstalmentNight(posted, cancelled)
        after = page[-1].id


def _settle(house: House, connection: Connection, part: Instalment, now: datetime) -> bool | None:
    """True: posted; False: void, cancelled; None: somebody else settled it."""
    book.lock_wallets(connection, [part.member_id])
    is_void = records.is_void(connection, part.id)
    if is_void is None:
        return None
    outcome = None if is_void else _post(house, connection, part, now)
    if not isinstance(outcome, Posted):
        records.mark_cancelled(connection, part.id, now=now)
        log.warning("instalment.cancelled", instalment=part.id, transfer=part.source_transfer_id)
        return False
    records.mark_posted(connection, part.id, transfer_id=outcome.transfer_id, now=now)
    _tell(house, connection, part, outcome, now)
    return True


def _post(house: House, connection: Connection, part: Instalment, now: datetime) -> book.Outcome:
    header = Header(
        key=f"instalment:{part.source_transfer_id}:{part.number}",
        store_id=part.store_id,
        actor="system",
        member_id=part.member_id,
        occurred_at=now,
        recorded_at=now,
    )
    return grant(
        connection,
        header,
        reason="instalment",
        gift_fen=part.gift_fen,
        gift_expires_at=points.gift_expires_at(house.shop, now),
    )


def _tell(house: House, connection: Connection, part: Instalment, posted: Posted, now: datetime) -> None:
    text = texts.say(
        house.shop,
        "instalment_posted",
        shop=house.shop.name,
        amount=format_fen(part.gift_fen),
        number=part.number,
        count=records.count_of(connection, part.source_transfer_id),
        total=format_fen(posted.balances.stored_fen),
    )
    notices.notify_member(
        house,
        connection,
        key=f"receipt:{posted.transfer_id}",
        member_id=part.member_id,
        kind="instalment",
        text=text,
        now=now,
        due_at=morning(now, house.shop.zone),
    )
