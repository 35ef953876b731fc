"""The end of an entry at the counter, in one statement: act signed, receipt queued, its job deferred; a plain
top-up is one as a whole.

Four statements would say the same; at the counter's pace their round trips cost more than their work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.types.numeric import Int8
from sqlalchemy import Connection

from ledger.book import Grant, Header, Outcome
from ledger.book.driver import Single, call
from ledger.book.posting import grant_parameters, granted, top_up_content
from ledger.records.jobs import SEND_FROM
from ledger.records.staff import Role

# Stands in a receipt's text for the transfer's number, which is known only once it is posted (private use).
NUMBER_MARK = "\ue000"

_ACT: LiteralString = (
    "INSERT INTO act (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id)"
)
_MESSAGE: LiteralString = "INSERT INTO message (key, openid, member_id, kind, text, due_at, created_at)"

_WRITE: LiteralString = (
    "WITH signed AS ("
    + _ACT
    + " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)), queued AS ("
    + _MESSAGE
    + """ VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING
        RETURNING id, NULL::timestamptz AS scheduled_at)"""
    + SEND_FROM
    + "queued AS m RETURNING id"
)

# Who, what is posted, what is told and why (ledger/migrations/sql/0014_lean.sql).
_TOP_UP: LiteralString = """
SELECT counter_top_up(%s::bigint, %s, %s, %s, %s,
                      %s, %s, %s, %s, %s::bigint, %s, %s, %s, %s, %s::bigint, %s::bigint, %s,
                      %s::bigint, %s, %s::bigint, %s,
                      %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Signature:
    """Who made the entry: the staff member, his own store, his WeChat account and his role."""

    staff_id: int
    store_id: str | None
    openid: str
    role: Role


@dataclass(frozen=True)
class Explained:
    """The version of the rules it was made under, and the reasons as `ledger.records.reasons.as_json`."""

    rules_version: str
    reasons: str


def write(
    connection: Connection,
    *,
    staff_id: int,
    store_id: str | None,
    origin: str,
    what: str,
    key: str,
    member_id: int,
    transfer_id: int,
    openid: str,
    kind: str,
    text: str,
    at: datetime,
) -> None:
    """Sign what a staff member did and queue the member's receipt of it, to be sent at once.

    Args:
        store_id, origin: the staff member's own store and WeChat account; `key`: of the transfer.
        openid: the member's WeChat account; `kind` and `text`: of the message.
    """
    act = (staff_id, f"staff:{staff_id}", what, at, origin, key, store_id, member_id, transfer_id)
    message = (f"receipt:{transfer_id}", openid, member_id, kind, text, at, at)
    call(connection, _WRITE, (*act, *message))


def top_up(
    connection: Single | Connection,
    header: Header,
    given: Grant,
    *,
    expected_version: int,
    signed_by: Signature,
    openid: str,
    text: str,
    explained: Explained,
) -> Outcome | None:
    """`book.top_up` and `write` in one statement, which alone on its connection is one transaction.

    Nothing is signed and nobody is told when it was refused or the key was known. None, and nothing was done:
    the staff member is not what `signed_by` says, the member not reached at `openid`, or his inviter waits
    for him to pay.

    Args:
        openid: the member's WeChat account.
        text: the receipt's, with `NUMBER_MARK` where the transfer's number goes.
    """
    content = top_up_content(given)
    request, posting = grant_parameters(header, "top_up", content, given, expected_version)
    who = (Int8(signed_by.staff_id), signed_by.role, signed_by.store_id, signed_by.openid, openid)
    told = (text, NUMBER_MARK, explained.rules_version, explained.reasons)
    row = call(connection, _TOP_UP, (*who, *posting, *told))
    return None if row is None or row[0] is None else granted(header.key, request, row[0])
