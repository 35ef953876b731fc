"""The one call that writes the book: the SQL function `ledger_post`, on the driver's connection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.numeric import Int8
from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.book.values import (
    MAX_AMOUNT,
    Balances,
    EntitlementBalance,
    Grant,
    Header,
    KeyConflict,
    Outcome,
    Posted,
    Refused,
)

Content = Mapping[str, object]
Plan = Mapping[str, object]

_POST: LiteralString = """
SELECT status, transfer_id, replayed, result FROM ledger_post(
    ROW(%s::text, %s::text, %s::text, %s::text, %s::bigint, %s::timestamptz, %s::timestamptz, %s::text,
        %s::bigint, %s::text)::ledger_header, %s::bigint, %s::jsonb)
"""


def post(
    connection: Connection,
    header: Header,
    kind: str,
    content: Content,
    plan: Plan,
    *,
    expected_version: int | None = None,
    reverses: int | None = None,
) -> Outcome:
    """Post one event, or find the answer it had before.

    Args:
        content: what was asked, in plain values; with kind, store, actor, member and memo it is what the key
            stands for. Moments are left out: a retry may compute them anew.
        plan: what to do, see `ledger_post`.
        expected_version: the version of the balances a quote was made on.

    Raises:
        KeyConflict: the key stands for something else.
        Busy: a lock was not to be had in time; roll back and try again with the same key.
    """
    request = canonical_request(header, kind, content)
    parameters = (
        header.key,
        kind,
        header.store_id,
        header.actor,
        header.member_id,
        header.occurred_at,
        header.recorded_at,
        header.memo,
        reverses,
        request,
        expected_version,
        dump(plan),
    )
    row = call(connection, _POST, parameters)
    if row is None:
        raise RuntimeError("ledger_post returned nothing")
    status, transfer_id, replayed, result = row
    if status == "conflict":
        raise _conflict(header.key, json.loads(result), json.loads(request))
    return outcome(status, transfer_id, replayed, json.loads(result))


GRANT: LiteralString = """
SELECT ledger_grant(%s, %s, %s, %s, %s::bigint, %s, %s, %s, %s, %s::bigint, %s::bigint, %s,
                    %s::bigint, %s, %s::bigint, %s)
"""


def grant(
    connection: Connection,
    header: Header,
    kind: str,
    content: Content,
    given: Grant,
    *,
    expected_version: int | None = None,
) -> Outcome:
    """`post` for what only gives: the same event, with half the work for the database."""
    request, parameters = grant_parameters(header, kind, content, given, expected_version)
    row = call(connection, GRANT, parameters)
    if row is None or row[0] is None:
        raise RuntimeError("ledger_grant returned nothing")
    return granted(header.key, request, row[0])


def top_up_content(given: Grant, entitlements: Sequence[Any] = ()) -> Content:
    """What was asked in a top-up, whichever way it is posted."""
    return {
        "paid_fen": given.paid_fen,
        "payment_method": given.payment_method,
        "gift_fen": given.gift_fen,
        "points": given.points,
        "entitlements": as_content(entitlements),
    }


def grant_parameters(
    header: Header, kind: str, content: Content, given: Grant, expected_version: int | None
) -> tuple[str, tuple[object, ...]]:
    """The canonical request, and what `GRANT` takes.

    Whole numbers all go as one type: the driver would else prepare anew for each mixture of sizes.
    """
    check_amounts(paid_fen=given.paid_fen, gift_fen=given.gift_fen, points=given.points)
    request = canonical_request(header, kind, content)
    return request, (
        header.key,
        kind,
        header.store_id,
        header.actor,
        Int8(header.member_id),
        header.occurred_at,
        header.recorded_at,
        header.memo,
        request,
        None if expected_version is None else Int8(expected_version),
        Int8(given.paid_fen),
        given.payment_method,
        Int8(given.gift_fen),
        given.gift_expires_at if given.gift_fen else None,
        Int8(given.points),
        given.points_expires_at if given.points else None,
    )


def granted(key: str, request: str, answer: str) -> Outcome:
    """What `ledger_grant` answered: "posted 123 f {balances}"."""
    status, transfer_id, replayed, result = answer.split(" ", 3)
    if status == "conflict":
        raise _conflict(key, json.loads(result), json.loads(request))
    return outcome(status, int(transfer_id), replayed == "t", json.loads(result))


def begin(connection: Connection, header: Header, *other_members: int) -> bool:
    """For events that read before they write: claim the key, lock the wallets, expire what is due.

    False when the key is known: then `post` with any plan gives the first answer again.
    """
    parameters = (header.key, [header.member_id, *other_members], header.recorded_at)
    row = call(connection, "SELECT ledger_begin(%s, %s::bigint[], %s)", parameters)
    return row is not None and bool(row[0])


def refuse(code: str, **detail: object) -> Plan:
    """The plan of an event that was refused before anything was posted."""
    return {"refuse": {"refused": code, "detail": detail}}


def outcome(status: str, transfer_id: int, replayed: bool, result: dict[str, Any]) -> Outcome:
    if status == "refused":
        return Refused(code=result["refused"], detail=result["detail"], replayed=replayed)
    return Posted(transfer_id=transfer_id, replayed=replayed, balances=parse_balances(result))


def canonical_request(header: Header, kind: str, content: Content) -> str:
    """The bytes whose sha256 is the fingerprint: sorted keys, no spaces, UTF-8."""
    asked = {
        "kind": kind,
        "store": header.store_id,
        "actor": header.actor,
        "member": header.member_id,
        "memo": header.memo,
        **content,
    }
    return dump(asked, sort_keys=True)


def dump(value: object, *, sort_keys: bool = False) -> str:
    return (_SORTED if sort_keys else _AS_IS).encode(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not a plain value: {value!r}")


# Made once: json.dumps would make one at every call.
_AS_IS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain, sort_keys=True)


def _conflict(key: str, first: dict[str, object], now: dict[str, object]) -> KeyConflict:
    for field in ["kind", *sorted(first.keys() | now.keys())]:
        if first.get(field) != now.get(field):
            return KeyConflict(key, field, first.get(field), now.get(field))
    return KeyConflict(key, "form", first, now)


def parse_balances(result: Mapping[str, Any]) -> Balances:
    """The balances in a transfer's result: {"version": …, "held": [[kind, code, unit, amount], …]}."""
    amounts: dict[str, int] = {}
    entitlements = []
    for kind, code, unit, amount in result["held"] or ():
        if kind == "entitlement":
            entitlements.append(EntitlementBalance(code=code, unit=unit.partition(":")[0], amount=amount))
        else:
            name = f"{kind} {unit}" if kind == "debt" else kind
            amounts[name] = amounts.get(name, 0) + amount
    return Balances(
        version=result["version"],
        paid_in_fen=amounts.get("paid_in", 0),
        gift_fen=amounts.get("gift", 0),
        points=amounts.get("points", 0),
        entitlements=tuple(entitlements),
        debt_fen=-amounts.get("debt fen", 0),
        debt_points=-amounts.get("debt points", 0),
        deposit_fen=amounts.get("deposit", 0),
    )


def check_amounts(**amounts: int) -> None:
    """Refuse what no caller may ask: a float, a negative amount, one beyond any shop."""
    for name, amount in amounts.items():
        if type(amount) is not int or not 0 <= amount <= MAX_AMOUNT:
            raise ValueError(f"{name} must be a whole number from 0 to {MAX_AMOUNT}, not {amount!r}")


def as_content(values: Sequence[Any]) -> list[dict[str, object]]:
    """Dataclasses as plain content, without their moments."""
    return [{k: v for k, v in asdict(value).items() if k != "expires_at"} for value in values]
