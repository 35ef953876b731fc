"""A person of the shop answers: tickets, opened by 人工 and complaints, answered in WeChat (feature A10).

Nothing waits unanswered without the member being told: `remind_waiting` runs every few minutes in the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions import notices, rights
from actions.house import Denied, House
from ledger.records import members, staff, tickets
from ledger.records.staff import Staff
from ledger.records.tickets import Kind, Said, Ticket
from shop import hours, texts, words
from shop.model import Store

MAX_WORDS = 500
LINES_SHOWN = 10
LONGEST_SHOWN_LINE = 60
ANSWER_WITHIN = timedelta(minutes=15)  # of opening hours; then the member is told that it takes longer
CHAIN = rights.CHAIN_ROLES


@dataclass(frozen=True)
class Asked:
    """The shop's people know. `opens_at`: when the store opens, if it is closed; `again`: one was open."""

    ticket: Ticket
    store: Store
    opens_at: datetime | None
    again: bool


@dataclass(frozen=True)
class Listed:
    """A ticket that is not closed, who asked, and the last words."""

    ticket: Ticket
    name: str
    lines: tuple[Said, ...]


def ask(house: House, *, openid: str, kind: Kind, said: str, before: Sequence[Said], key: str) -> Asked:
    """Bring what was said to the store's people, with the lines before it; one open ticket an account."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        store = _store_of(house, member.home_store_id if member else None)
        member_id = member.id if member else None
        ticket = tickets.create(
            connection, key=key, openid=openid, member_id=member_id, store_id=store.id, kind=kind, at=now
        )
        if ticket is not None:
            tickets.add_before(connection, ticket.id, list(before)[-LINES_SHOWN:], at=now)
        known = ticket or tickets.open_of(connection, openid, for_update=True)
        if known is None:
            raise RuntimeError("a ticket that could not be made is one that is open")
        _bring(house, connection, known, said, key=key, now=now, first=ticket is not None)
        shown = house.shop.store(known.store_id)
        opens_at = (
            None if hours.is_open(house.shop, shown, now) else hours.next_opening(house.shop, shown, now)
        )
        return Asked(known, shown, opens_at, again=ticket is None)


def add(house: House, *, openid: str, said: str, key: str) -> Ticket | None:
    """More words of a member whose ticket is not closed go to the same people; None: he has none."""
    now = house.clock()
    with house.engine.begin() as connection:
        ticket = tickets.open_of(connection, openid, for_update=True)
        if ticket is not None:
            _bring(house, connection, ticket, said, key=key, now=now, first=False)
        return ticket


def answer(house: House, *, staff_openid: str, number: int, said: str, key: str) -> Ticket | Denied:
    """A staff member's answer reaches the member as a message of the shop."""
    now = house.clock()
    if len(said) > MAX_WORDS:
        return Denied("ticket_too_long", {"limit": MAX_WORDS})
    with house.engine.begin() as connection:
        found = _for_staff(connection, staff_openid, number)
        if isinstance(found, Denied):
            return found
        acting, ticket = found
        if not tickets.add(connection, ticket.id, Said("staff", said), key=key, at=now, staff_id=acting.id):
            return ticket
        tickets.mark_answered(connection, ticket.id)
        rights.sign(connection, acting, "ticket_answer", at=now, key=key, member_id=ticket.member_id)
        store = _store_of(house, ticket.store_id)
        text = texts.say(house.shop, "ticket_answer", store=store.name, name=acting.name, words=said)
        _tell(house, connection, ticket, f"ticket_answer:{key}", text, now)
        return ticket


def close(house: House, *, staff_openid: str, number: int, key: str) -> Ticket | Denied:
    """The matter is settled. A ticket that nobody has answered cannot be closed silently."""
    now = house.clock()
    with house.engine.begin() as connection:
        found = _for_staff(connection, staff_openid, number)
        if isinstance(found, Denied):
            return found
        acting, ticket = found
        if ticket.state == "open":
            return Denied("ticket_unanswered", {"number": ticket.id})
        tickets.close(connection, ticket.id, at=now)
        rights.sign(connection, acting, "ticket_close", at=now, key=key, member_id=ticket.member_id)
        return ticket


def unclosed(house: House, *, staff_openid: str) -> tuple[Listed, ...] | Denied:
    """The tickets of one's store (of all stores for head office), the longest wait first."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        store_id = None if acting.role in CHAIN else acting.store_id
        return tuple(
            Listed(ticket, _name(house, connection, ticket), tickets.last_lines(connection, ticket.id, 2))
            for ticket in tickets.unclosed(connection, store_id=store_id)
        )


def remind_waiting(house: House) -> int:
    """Tell members whose question waits too long within opening hours, and those who should have answered.

    Returns how many were told. A wait through the night begins to count when the store opens.
    """
    now = house.clock()
    told = 0
    with house.engine.begin() as connection:
        for ticket in tickets.unanswered(connection, since=now - ANSWER_WITHIN):
            store = _store_of(house, ticket.store_id)
            if not _open_long_enough(house, store, now):
                continue
            tickets.mark_reminded(connection, ticket.id, at=now)
            stamp = int(ticket.waits_since.timestamp()) if ticket.waits_since else 0
            key = f"ticket_wait:{ticket.id}:{stamp}"
            text = texts.say(house.shop, "ticket_takes_longer", store=store.name, phone=store.phone)
            _tell(house, connection, ticket, key, text, now)
            minutes = int(ANSWER_WITHIN.total_seconds() // 60)
            name = _name(house, connection, ticket)
            urgent = texts.say(house.shop, "ticket_urgent", number=ticket.id, name=name, minutes=minutes)
            for person in _people(connection, store.id):
                notices.notify_staff(
                    house,
                    connection,
                    key=f"{key}:{person.id}",
                    to=person,
                    kind="ticket",
                    text=urgent,
                    now=now,
                )
            told += 1
    return told


def _open_long_enough(house: House, store: Store, now: datetime) -> bool:
    return hours.is_open(house.shop, store, now) and hours.is_open(house.shop, store, now - ANSWER_WITHIN)


def _bring(
    house: House, connection: Connection, ticket: Ticket, said: str, *, key: str, now: datetime, first: bool
) -> None:
    """Keep the member's words and send them to the store's people, the lines before them with the first."""
    if not tickets.add(connection, ticket.id, Said("member", said[: tickets.MAX_LINE]), key=key, at=now):
        return
    tickets.mark_waiting(connection, ticket.id, at=now)
    lines = tickets.last_lines(connection, ticket.id, LINES_SHOWN if first else 1)
    text = texts.say(
        house.shop,
        f"ticket_{ticket.kind}" if first else "ticket_more",
        number=ticket.id,
        name=_name(house, connection, ticket),
        lines="\n".join(_line_text(house, line) for line in lines),
    )
    for person in _people(connection, ticket.store_id):
        notices.notify_staff(
            house, connection, key=f"ticket:{key}:{person.id}", to=person, kind="ticket", text=text, now=now
        )


def _line_text(house: House, line: Said) -> str:
    words_said = line.text if len(line.text) <= LONGEST_SHOWN_LINE else f"{line.text[:LONGEST_SHOWN_LINE]}…"
    return texts.say(house.shop, f"ticket_line_{line.said_by}", words=" ".join(words_said.split()))


def _for_staff(connection: Connection, staff_openid: str, number: int) -> tuple[Staff, Ticket] | Denied:
    acting = rights.require_staff(connection, staff_openid)
    if isinstance(acting, Denied):
        return acting
    ticket = tickets.by_id(connection, number, for_update=True)
    if ticket is None or (acting.role not in CHAIN and ticket.store_id != acting.store_id):
        return Denied("ticket_none", {"number": number})
    if ticket.state == "closed":
        return Denied("ticket_closed", {"number": number})
    return acting, ticket


def _people(connection: Connection, store_id: str) -> tuple[Staff, ...]:
    """Who is asked: everybody of the store with WeChat, else head office and the owner."""
    reachable = tuple(each for each in staff.everyone(connection) if each.active and each.openid)
    own = tuple(each for each in reachable if each.store_id == store_id)
    return own or tuple(each for each in reachable if each.role in CHAIN)


def _tell(house: House, connection: Connection, ticket: Ticket, key: str, text: str, now: datetime) -> None:
    notices.notify_openid(
        house,
        connection,
        key=key,
        openid=ticket.openid,
        member_id=ticket.member_id,
        kind="ticket",
        text=text,
        now=now,
    )


def _store_of(house: House, store_id: str | None) -> Store:
    known = {store.id: store for store in house.shop.stores}
    return known.get(store_id or "", house.shop.stores[0])


def _name(house: House, connection: Connection, ticket: Ticket) -> str:
    """小林（会员号 12，尾号 8000）, or 还没办卡的顾客."""
    member = members.by_id(connection, ticket.member_id) if ticket.member_id is not None else None
    if member is None:
        return texts.say(house.shop, "ticket_stranger")
    tail = words.masked_phone(member.phone) if member.phone else ""
    return texts.say(house.shop, "ticket_name", name=member.name, number=member.id, phone=tail)
