"""A shop of any size for the campaigns' bench, made by the database itself: INSERT … SELECT generate_series.

Each member has a card, a top-up and up to five purchases over the past year, with what campaigns read: no
hash chains and no postings. Triggers and foreign keys stay on: no row is one that the database would refuse.
"""

from __future__ import annotations

from datetime import datetime

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

MEMBERS_AT_ONCE = 20_000
FILLER = "x" * 200  # a request in the book is about as long

# Who comes how often, and when last, follows from the member's number m; n counts his entries, 0 is the
# top-up. Every seventh comes every six days, the others monthly.
_STEPS = {
    "member": """
        INSERT INTO member (id, name, home_store_id, level, joined_at, birthday) OVERRIDING SYSTEM VALUE
        SELECT m, '会员' || m, 'guomao', 'newcomer', %(now)s - (380 - m %% 375) * interval '1 day',
               date '1970-01-01' + (m * 37 %% 12000)::int
        FROM generate_series(%(first)s::bigint, %(last)s) AS m
    """,
    "wallet": """
        INSERT INTO wallet (member_id, version, seq)
        SELECT m, 6, 6 FROM generate_series(%(first)s::bigint, %(last)s) AS m
    """,
    "account": """
        INSERT INTO account (id, member_id, store_id, kind, code, unit, may_go_negative, balance)
        OVERRIDING SYSTEM VALUE
        SELECT m * 3 + n, m, '', (ARRAY['paid_in', 'gift', 'points'])[n + 1], '',
               (ARRAY['fen', 'fen', 'points'])[n + 1], false,
               (ARRAY[m * 7919 %% 200000, m * 7919 %% 200000 / 10, 100])[n + 1]
        FROM generate_series(%(first)s::bigint, %(last)s) AS m, generate_series(0, 2) AS n
    """,
    "transfer": """
        INSERT INTO transfer (id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at,
                              recorded_at, memo, result, seq, hash) OVERRIDING SYSTEM VALUE
        SELECT id, 'load-' || id, '', ('{"paid_fen": 50000, "kind": "' || kind || '", "filler": "'
               || %(filler)s || '"}')::json, kind, 'guomao', 'staff:1', m, at, at, '',
               ('{"version": ' || n + 1 || '}')::json, n + 1, ''
        FROM generate_series(%(first)s::bigint, %(last)s) AS m, generate_series(0, m %% 6) AS n,
             LATERAL (SELECT (m - 1) * 6 + 1 + n AS id,
                             CASE n WHEN 0 THEN 'top_up' ELSE 'purchase' END AS kind,
                             CASE m %% 7 WHEN 0 THEN 6 ELSE 31 END AS pause) AS entry,
             LATERAL (SELECT %(now)s - (m * 13 + n * pause) %% 360 * interval '1 day' - n * interval '1 hour'
                             AS at) AS moment
    """,
    "purchase_line": """
        INSERT INTO purchase_line (transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen)
        SELECT (m - 1) * 6 + 1 + n, 1,
               (ARRAY['facial_basic', 'shoulder_neck', 'nails_plain', 'mask_box'])[(m + n / 4) %% 4 + 1],
               '项目', (ARRAY['facial', 'body', 'nails', 'home_care'])[(m + n / 4) %% 4 + 1], 1, 19800, 19800
        FROM generate_series(%(first)s::bigint, %(last)s) AS m, generate_series(1, m %% 6) AS n
    """,
}


def load(conninfo: str, members: int, now: datetime, console: Console) -> None:
    """Fill an empty, migrated database, and let its statistics be taken."""
    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    with (
        psycopg.connect(conninfo, autocommit=True) as connection,
        Progress(*columns, TimeRemainingColumn(), console=console) as bar,
    ):
        connection.execute("SET synchronous_commit = off")
        loading = bar.add_task("members", total=members)
        for first in range(1, members + 1, MEMBERS_AT_ONCE):
            last = min(first + MEMBERS_AT_ONCE - 1, members)
            values = {"first": first, "last": last, "now": now, "filler": FILLER}
            for statement in _STEPS.values():
                connection.execute(statement.encode(), values)
            bar.advance(loading, last - first + 1)
        for table in ("member", "account", "transfer"):
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))".encode()
            )
        vacuum = bar.add_task("vacuum", total=len(_STEPS))
        for table in _STEPS:
            connection.execute(f"VACUUM ANALYZE {table}".encode())
            bar.advance(vacuum)
