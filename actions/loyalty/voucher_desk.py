"""Vouchers at the counter: looked at, used exactly once, ended when nobody came (features A6, C1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from actions import notices, rights
from actions.house import Denied, House
from actions.loyalty.rewards import content_text, home_store, last_day
from ledger import book
from ledger.book import Header, Posted
from ledger.records import codes, members, vouchers
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.records.vouchers import Voucher
from shop import texts, voucher_codes, words

MAX_EXPIRED_A_NIGHT = 100_000


@dataclass(frozen=True)
class VoucherSeen:
    """An open voucher as staff see it before they say yes."""

    voucher: Voucher
    member: Member
    store_id: str


@dataclass(frozen=True)
class VoucherUsed:
    """Used now, or `replayed`: by this same confirmation before."""

    voucher: Voucher
    member: Member
    member_told: bool
    replayed: bool


def look_at(
    house: House, *, staff_openid: str, code: str, store_id: str | None = None
) -> VoucherSeen | Denied:
    """Whose voucher that is and what for. Changes nothing but the count of wrong codes.

    Wrong codes are limited per staff member, so that nobody finds a code by trying.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        where = rights.acting_store(house, acting, store_id)
        if isinstance(where, Denied):
            return where
        if not codes.may_try(connection, staff_id=acting.id, what="voucher", now=now):
            return Denied("voucher_tries", {"limit": codes.MAX_MISSES})
        read = voucher_codes.read(code)
        voucher = vouchers.by_code(connection, read) if read else None
        if voucher is None:
            codes.miss(connection, staff_id=acting.id, what="voucher", at=now)
            return Denied("voucher_unknown", {"code": code[:20]})
        member = members.by_id(connection, voucher.member_id)
        if member is None:
            raise RuntimeError("a voucher has a member")
        denied = _not_open(house, voucher, now) or _own(acting, member)
        return denied or VoucherSeen(voucher, member, where)


def use(house: House, *, staff_openid: str, code: str, store_id: str, key: str) -> VoucherUsed | Denied:
    """Use a voucher, once, sign it, and tell the member; one transaction.

    Args:
        key: of the confirmation; said twice, it is used once and answered the same.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        where = rights.acting_store(house, acting, store_id)
        if isinstance(where, Denied):
            return where
        voucher = vouchers.by_code(connection, code)
        member = members.by_id(connection, voucher.member_id) if voucher else None
        if voucher is None or member is None:
            return Denied("voucher_unknown", {"code": code[:20]})
        if voucher.used_key == key:
            return VoucherUsed(voucher, member, member.openid is not None, replayed=True)
        denied = _not_open(house, voucher, now) or _own(acting, member)
        if denied is not None:
            return denied
        used = vouchers.use(connection, voucher.id, staff_id=acting.id, store_id=where, key=key, now=now)
        if used is None:
            return _lost(house, connection, code, key, member, now)
        return _sign_and_tell(house, connection, acting, member, used, key, now)


def _lost(
    house: House, connection: Connection, code: str, key: str, member: Member, now: datetime
) -> VoucherUsed | Denied:
    """Somebody was quicker: this very confirmation in another process, or another counter."""
    voucher = vouchers.by_code(connection, code)
    if voucher is not None and voucher.used_key == key:
        return VoucherUsed(voucher, member, member.openid is not None, replayed=True)
    denied = _not_open(house, voucher, now) if voucher is not None else None
    return denied or Denied("voucher_unknown", {"code": code[:20]})


def _not_open(house: House, voucher: Voucher, now: datetime) -> Denied | None:
    if voucher.state == "used" and voucher.ended_at is not None:
        used_at = words.moment(voucher.ended_at, house.shop.zone)
        known = {store.id: store.name for store in house.shop.stores}
        where = known.get(voucher.used_store or "", voucher.used_store or "")
        return Denied("voucher_used", {"name": voucher.name, "time": used_at, "store": where})
    if voucher.state == "cancelled":
        return Denied("voucher_cancelled", {"name": voucher.name})
    if voucher.state == "expired" or voucher.expires_at <= now:
        return Denied("voucher_expired", {"name": voucher.name, "day": last_day(house, voucher)})
    return None


def _own(acting: Staff, member: Member) -> Denied | None:
    own = member.openid is not None and member.openid == acting.openid
    return Denied("voucher_own") if own else None


def _sign_and_tell(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    voucher: Voucher,
    key: str,
    now: datetime,
) -> VoucherUsed:
    rights.sign(connection, acting, "voucher_use", at=now, key=key, member_id=member.id)
    told = notices.notify_member(
        house,
        connection,
        key=f"voucher_used:{voucher.id}",
        member_id=member.id,
        kind="voucher_receipt",
        text=texts.say(
            house.shop,
            "voucher_receipt",
            shop=house.shop.name,
            what=content_text(house, voucher),
            code=voucher_codes.shown(voucher.code),
            store=house.shop.store(voucher.used_store or "").name,
            time=words.moment(now, house.shop.zone),
        ),
        now=now,
    )
    return VoucherUsed(voucher, member, told, replayed=False)


def expire_vouchers(house: House) -> int:
    """End the vouchers whose time is over and give points back where that was promised; how many.

    For the nightly job: one transaction each, may be repeated.
    """
    ended = 0
    while ended < MAX_EXPIRED_A_NIGHT:
        with house.engine.connect() as connection:
            due = vouchers.due(connection, now=house.clock())
        done = sum(_expire(house, house.engine, voucher) for voucher in due)
        ended += done
        if not done:
            break
    return ended


def _expire(house: House, engine: Engine, voucher: Voucher) -> bool:
    now = house.clock()
    with engine.begin() as connection:
        book.lock_wallets(connection, [voucher.member_id])  # before the voucher, as a reversal does
        back = _give_back(house, connection, voucher, now) if voucher.gives_back else None
        if not vouchers.end(connection, voucher.id, "expired", actor="system", now=now, transfer_id=back):
            connection.rollback()  # used at the last moment: the points stay spent
            return False
        name = "voucher_expired_back" if back else "voucher_expired_note"
        notices.notify_member(
            house,
            connection,
            key=f"voucher_expired:{voucher.id}",
            member_id=voucher.member_id,
            kind="voucher_expired",
            text=texts.say(house.shop, name, name=voucher.name, points=voucher.points),
            now=now,
        )
        return True


def _give_back(house: House, connection: Connection, voucher: Voucher, now: datetime) -> int | None:
    member = members.by_id(connection, voucher.member_id)
    if member is None or member.merged_into is not None:
        return None  # a closed card takes no points; the merge moved what it held
    header = Header(
        key=f"voucher_expired:{voucher.id}",
        store_id=home_store(house, member),
        actor="system",
        member_id=member.id,
        occurred_at=now,
        recorded_at=now,
        memo=voucher.name,
    )
    outcome = book.reverse(connection, header, transfer_id=voucher.transfer_id, reason="voucher expired")
    return outcome.transfer_id if isinstance(outcome, Posted) else None


def cancel_for_reversal(
    connection: Connection, transfer_id: int, *, member_id: int, actor: str, now: datetime
) -> Denied | None:
    """Before points spent on a voucher are reversed: the open voucher ends; a used one forbids it.

    Call it in the reversal's transaction, before `book.reverse`; a transfer without a voucher passes.
    """
    book.lock_wallets(connection, [member_id])
    voucher = vouchers.by_transfer(connection, transfer_id)
    if voucher is None or voucher.state in {"expired", "cancelled"}:
        return None
    if not vouchers.end(connection, voucher.id, "cancelled", actor=actor, now=now):
        return Denied("voucher_used_so_kept", {"name": voucher.name})
    return None
