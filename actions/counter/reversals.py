"""A mistaken entry undone at the counter, with all that it caused (features B7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, plain
from actions.counter.reversal_terms import (
    Effect,
    ReversalQuote,
    ReversalRequest,
    effects_text,
    summary,
    what_text,
)
from actions.house import Denied, House
from actions.loyalty import referral_undoing, voucher_desk
from actions.membership import levels
from actions.review import reviewed
from actions.review.approvals import Filed, Requoted
from actions.review.reviewed import Changed
from ledger import book
from ledger.book import Balances, Refused
from ledger.records import coupons, instalments, members, multipliers
from ledger.records.coupons import Undone
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.reports import single_entries as reports
from ledger.reports.single_entries import Entry
from shop import texts

__all__ = [
    "ReversalQuote",
    "ReversalReceipt",
    "ReversalRequest",
    "execute_approved",
    "quote_reversal",
    "record_reversal",
]

KIND = "reversal"
MAX_REASON_LENGTH = 60


@dataclass(frozen=True)
class ReversalReceipt:
    transfer_id: int
    quote: ReversalQuote
    balances: Balances
    member_told: bool
    replayed: bool


def quote_reversal(house: House, *, staff_openid: str, request: ReversalRequest) -> ReversalQuote | Denied:
    """What undoing that entry would do, found by doing it and rolling back. Changes nothing."""
    with house.engine.connect() as connection, connection.begin() as transaction:
        acting = rights.require_staff(connection, staff_openid)
        quote = acting if isinstance(acting, Denied) else _quote(house, connection, acting, request)
        transaction.rollback()
        return quote


def record_reversal(
    house: House, *, staff_openid: str, quote: ReversalQuote, key: str
) -> ReversalReceipt | Changed[ReversalQuote] | Filed | Denied:
    """Undo the entry that was shown; a cashier's wish waits for a manager (features C2)."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        found = _allowed(house, connection, acting, quote.request)
        if isinstance(found, Denied):
            return found
        filed = reviewed.file_if_needed(
            house,
            connection,
            acting,
            quote,
            kind=KIND,
            summary=lambda: summary(house, quote),
            amount_fen=quote.amount_fen,
            store_id=quote.store_id,
            member_id=quote.member_id,
            key=key,
            now=now,
            cashier_reason="reversal_by_cashier",
        )
        if filed is not None:
            return filed
        outcome = _book(house, connection, acting, quote, key, now)
    if isinstance(outcome, ReversalReceipt):
        transfer_id = quote.request.transfer_id
        referral_undoing.after_undone(house, transfer_id=transfer_id, actor=f"staff:{acting.id}")
    if isinstance(outcome, ReversalReceipt | Denied):
        return outcome
    fresh = quote_reversal(house, staff_openid=staff_openid, request=quote.request)
    return fresh if isinstance(fresh, Denied) else Changed(fresh)


def execute_approved(
    house: House,
    connection: Connection,
    requester: Staff,
    _approver: Staff,
    data: dict[str, object],
    key: str,
) -> ReversalReceipt | Requoted | Denied:
    """Undo what a second person approved; a card that moved meanwhile is looked at anew."""
    quote = plain.unpack(ReversalQuote, data)
    outcome = _book(house, connection, requester, quote, key, house.clock())
    if outcome is not None:
        return outcome
    with connection.begin_nested() as savepoint:
        fresh = _quote(house, connection, requester, quote.request, approved=True)
        savepoint.rollback()
    return fresh if isinstance(fresh, Denied) else Requoted(plain.pack(fresh), summary(house, fresh))


def _allowed(
    house: House, connection: Connection, acting: Staff, request: ReversalRequest, *, approved: bool = False
) -> Entry | Denied:
    """The entry, if this person may undo it: his own, his store's for a manager, any for head office."""
    number = book.transfer_number(request.transfer_id)
    found = reports.by_number(connection, request.transfer_id)
    if found is None:
        return Denied("no_such_entry", {"number": number})
    if acting.role not in rights.CHAIN_ROLES and found.store_id != acting.store_id:
        return Denied(
            "entry_other_store", {"number": number, "store": entries.store_name(house, found.store_id)}
        )
    if acting.role == "cashier" and found.staff_id != acting.id:
        return Denied("entry_of_another", {"number": number, "staff": found.staff_name})
    if request.carry_debt and acting.role == "cashier" and not approved:
        return Denied("debt_needs_manager")
    return found


def _quote(
    house: House, connection: Connection, acting: Staff, request: ReversalRequest, *, approved: bool = False
) -> ReversalQuote | Denied:
    """By doing it: the caller rolls back."""
    found = _allowed(house, connection, acting, request, approved=approved)
    if isinstance(found, Denied):
        return found
    member = members.by_id(connection, found.member_id)
    if member is None:
        raise LookupError(f"member {found.member_id} is gone")
    if entries.is_own(acting, member):
        return Denied("own_card_entry")
    now = house.clock()
    book.lock_wallets(connection, [member.id])
    before = book.balances(connection, member.id, now=now)
    caused = instalments.caused_by(connection, request.transfer_id)
    done = _reverse_all(acting, connection, found, caused, request, f"trial:{now.isoformat()}", now)
    if isinstance(done, Refused):
        return _why_not(house, found, done)
    undone = _undo_coupons(connection, (*caused, found.transfer_id), now)
    ended = _end_multipliers(connection, (*caused, found.transfer_id), now)
    if undone.kept and not request.carry_debt:
        return _coupons_used(found, undone)
    return ReversalQuote(
        request=request,
        member_id=member.id,
        member_name=member.name,
        phone=member.phone or "",
        store_id=found.store_id,
        kind=found.kind,
        occurred_at=found.occurred_at,
        staff_name=found.staff_name,
        items=tuple((name, quantity) for name, quantity, _ in found.items),
        cash=found.cash,
        effects=_effects(connection, done.transfer_id),
        caused=caused,
        coupons_back=len(undone.opened),
        coupons_taken=len(undone.taken),
        coupons_kept=len(undone.kept),
        amount_fen=money_fen(found),
        wallet_version=before.version,
        after=done.balances,
        multipliers_taken=ended,
    )


def money_fen(found: Entry) -> int:
    """The money an entry moved: what was sold, or what went through the till."""
    return max(abs(found.cash_fen), sum(paid for _, _, paid in found.items))


def _effects(connection: Connection, transfer_id: int) -> tuple[Effect, ...]:
    done = reports.by_number(connection, transfer_id)
    return () if done is None else tuple(Effect(p.kind, p.code, p.unit, p.amount) for p in done.moved)


def _book(
    house: House, connection: Connection, acting: Staff, quote: ReversalQuote, key: str, now: datetime
) -> ReversalReceipt | Denied | None:
    """None: the card moved since the quote."""
    member = members.by_id(connection, quote.member_id)
    found = reports.by_number(connection, quote.request.transfer_id)
    if member is None or found is None:
        raise LookupError(f"entry {quote.request.transfer_id} is gone")
    if entries.is_own(acting, member):
        return Denied("own_card_entry")
    book.lock_wallets(connection, [member.id])
    new = reports.by_key(connection, key) is None
    if new and book.balances(connection, member.id, now=now).version != quote.wallet_version:
        return None
    with connection.begin_nested() as savepoint:  # all that an entry caused is undone, or nothing
        done = _undo(house, connection, acting, found, quote, key, now)
        if isinstance(done, Denied):
            savepoint.rollback()
            return done
    if not done.replayed:
        _tell(house, connection, acting, member, quote, done, key, now)
        levels.reassess(house, connection, member.id, now, {"by": KIND, "transfer": done.transfer_id})
    return ReversalReceipt(done.transfer_id, quote, done.balances, member.openid is not None, done.replayed)


def _undo(
    house: House,
    connection: Connection,
    acting: Staff,
    found: Entry,
    quote: ReversalQuote,
    key: str,
    now: datetime,
) -> book.Posted | Denied:
    """The voucher, the entries that came of it, the entry itself, its coupons and what it still promises."""
    if found.kind == "points_spend":
        kept = voucher_desk.cancel_for_reversal(
            connection, found.transfer_id, member_id=found.member_id, actor=f"staff:{acting.id}", now=now
        )
        if kept is not None:
            return kept
    done = _reverse_all(acting, connection, found, quote.caused, quote.request, key, now)
    if isinstance(done, Refused):
        return _why_not(house, found, done)
    if not done.replayed:
        _undo_coupons(connection, (*quote.caused, found.transfer_id), now)
        _end_multipliers(connection, (*quote.caused, found.transfer_id), now)
        instalments.cancel_of(connection, found.transfer_id, now=now)
    return done


def _undo_coupons(connection: Connection, transfers: tuple[int, ...], now: datetime) -> Undone:
    """Used ones back, granted ones away, of the entry and of what came of it."""
    done = [coupons.undo(connection, transfer_id, at=now) for transfer_id in transfers]
    return Undone(
        opened=tuple(each for one in done for each in one.opened),
        expired=tuple(each for one in done for each in one.expired),
        taken=tuple(each for one in done for each in one.taken),
        kept=tuple(each for one in done for each in one.kept),
        lapsed=tuple(each for one in done for each in one.lapsed),
    )


def _end_multipliers(connection: Connection, transfers: tuple[int, ...], now: datetime) -> int:
    """How many multipliers of points end now, of the entry and of what came of it."""
    return sum(multipliers.take_back(connection, transfer_id, at=now) for transfer_id in transfers)


def _coupons_used(found: Entry, undone: Undone) -> Denied:
    used_by = "、".join(sorted({book.transfer_number(transfer_id) for _, transfer_id in undone.kept}))
    number = book.transfer_number(found.transfer_id)
    return Denied("reversal_coupon_used", {"number": number, "count": len(undone.kept), "by": used_by})


def _reverse_all(
    acting: Staff,
    connection: Connection,
    found: Entry,
    caused: tuple[int, ...],
    request: ReversalRequest,
    key: str,
    now: datetime,
) -> book.Posted | Refused:
    """What came of the entry first, newest first, then the entry itself; a refusal anywhere ends it."""
    for place, transfer_id in enumerate((*caused, found.transfer_id)):
        last = place == len(caused)
        header = entries.header(
            acting,
            found.member_id,
            key=key if last else f"{key}:cause:{transfer_id}",
            store_id=found.store_id,
            now=now,
            memo=request.reason[:MAX_REASON_LENGTH],
        )
        done = book.reverse(
            connection,
            header,
            transfer_id=transfer_id,
            reason=request.reason[:MAX_REASON_LENGTH],
            carry_debt=request.carry_debt,
        )
        if last or isinstance(done, Refused):
            return done
    raise AssertionError("the entry itself is always the last")


def _why_not(house: House, found: Entry, refused: Refused) -> Denied:
    values: dict[str, object] = {"number": book.transfer_number(found.transfer_id)}
    if refused.code == "already_used":
        missing = refused.detail.get("missing")
        parts = missing if isinstance(missing, list) else []
        values["spent"] = "、".join(
            entries.amount_text(house, str(p["what"]), str(p["code"]), str(p["unit"]), int(p["amount"]))
            for p in parts
        )
    if refused.code == "already_reversed":
        values["by"] = book.transfer_number(int(str(refused.detail["by"])))
    if refused.code == "not_reversible":
        values["kind"] = texts.say(house.shop, f"kind_{found.kind}")
    return Denied(f"reversal_{refused.code}", values)


def _tell(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: ReversalQuote,
    posted: book.Posted,
    key: str,
    now: datetime,
) -> None:
    receipt = texts.say(
        house.shop,
        "reversal_receipt",
        shop=house.shop.name,
        number=book.transfer_number(quote.request.transfer_id),
        what=what_text(house, quote),
        effects=effects_text(house, quote),
        left=entries.left_text(house, posted.balances),
        foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=now),
    )
    header = entries.header(acting, member.id, key=key, store_id=quote.store_id, now=now)
    entries.finish(
        connection, acting, member, header, what=KIND, transfer_id=posted.transfer_id, receipt=receipt
    )
