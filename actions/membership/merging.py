"""Two cards of one person become one, by a manager (features A10, B1); one keeps its number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import notices, rights
from actions.house import Denied, House
from ledger import book
from ledger.book import Balances, Header, Refused
from ledger.records import members, merging
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import texts
from shop.money import format_fen

ROLES = frozenset({"manager", "head_office", "owner"})


@dataclass(frozen=True)
class MergeQuote:
    """What would move from the card that ends to the one that stays, bound to the state of both."""

    stays_id: int
    ends_id: int
    stays_name: str
    ends_name: str
    stays_version: int
    ends_version: int
    moves_fen: int
    moves_points: int
    after_fen: int


@dataclass(frozen=True)
class Merged:
    stays: Member
    balances: Balances
    replayed: bool


def quote_merge(house: House, *, staff_openid: str, stays_id: int, ends_id: int) -> MergeQuote | Denied:
    """Look at both cards. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=ROLES)
        if isinstance(acting, Denied):
            return acting
        return _quote(house, connection, acting, stays_id, ends_id)


def merge(house: House, *, staff_openid: str, quote: MergeQuote, key: str) -> Merged | MergeQuote | Denied:
    """Book the merging that was confirmed; a new quote when a card has moved since."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=ROLES)
        if isinstance(acting, Denied):
            return acting
        book.lock_wallets(connection, sorted([quote.stays_id, quote.ends_id]))
        if not _is_done(connection, quote):
            fresh = _quote(house, connection, acting, quote.stays_id, quote.ends_id)
            if isinstance(fresh, Denied) or fresh != quote:
                return fresh
        return _book(house, connection, acting, quote, key, now)


def _is_done(connection: Connection, quote: MergeQuote) -> bool:
    ends = members.by_id(connection, quote.ends_id)
    return ends is not None and ends.merged_into == quote.stays_id


def _quote(
    house: House, connection: Connection, acting: Staff, stays_id: int, ends_id: int
) -> MergeQuote | Denied:
    if stays_id == ends_id:
        return Denied("merge_same")
    found = [members.by_id(connection, each) for each in (stays_id, ends_id)]
    stays, ends = found
    if stays is None or ends is None or stays.merged_into is not None or ends.merged_into is not None:
        return Denied("merge_unknown")
    if acting.openid in {stays.openid, ends.openid}:
        return Denied("own_card_entry")
    now = house.clock()
    kept, moved = (book.balances(connection, each.id, now=now) for each in (stays, ends))
    return MergeQuote(
        stays_id=stays.id,
        ends_id=ends.id,
        stays_name=stays.name,
        ends_name=ends.name,
        stays_version=kept.version,
        ends_version=moved.version,
        moves_fen=moved.stored_fen,
        moves_points=moved.points,
        after_fen=kept.stored_fen + moved.stored_fen,
    )


def _book(
    house: House, connection: Connection, acting: Staff, quote: MergeQuote, key: str, now: datetime
) -> Merged | Denied:
    header = Header(
        key=key,
        store_id=acting.store_id or house.shop.stores[0].id,
        actor=f"staff:{acting.id}",
        member_id=quote.ends_id,
        occurred_at=now,
        recorded_at=now,
        memo=texts.say(house.shop, "merge_memo", ends=quote.ends_id, stays=quote.stays_id),
    )
    _, arrived = book.merge(connection, header, into_member_id=quote.stays_id)
    if isinstance(arrived, Refused):
        return Denied(arrived.code, arrived.detail)
    if not arrived.replayed:
        _move_the_rest(house, connection, acting, quote, key, now)
    stays = members.by_id(connection, quote.stays_id)
    if stays is None:
        raise LookupError(f"member {quote.stays_id} is gone")
    return Merged(stays, arrived.balances, arrived.replayed)


def _move_the_rest(
    house: House, connection: Connection, acting: Staff, quote: MergeQuote, key: str, now: datetime
) -> None:
    stays, ends = (members.by_id(connection, each) for each in (quote.stays_id, quote.ends_id))
    merging.move_what_is_open(connection, old=quote.ends_id, into=quote.stays_id, at=now)
    merging.mark_merged(connection, old=quote.ends_id, into=quote.stays_id)
    told = {each.openid for each in (stays, ends) if each is not None and each.openid is not None}
    if ends is not None and ends.openid is not None:
        members.unbind(connection, openid=ends.openid, at=now)
        if stays is not None and stays.openid is None:
            members.bind(connection, member_id=quote.stays_id, openid=ends.openid, at=now)
    rights.sign(connection, acting, "merge", at=now, key=key, member_id=quote.stays_id)
    text = texts.say(
        house.shop,
        "merge_told",
        shop=house.shop.name,
        number=quote.stays_id,
        total=format_fen(quote.after_fen),
    )
    for openid in sorted(told):
        notices.notify_openid(
            house,
            connection,
            key=f"merge:{key}:{openid}",
            openid=openid,
            member_id=quote.stays_id,
            kind="merge",
            text=text,
            now=now,
        )
