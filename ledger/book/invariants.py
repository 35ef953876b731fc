"""What always holds in the book, each as one query that returns what breaks it: (member, transfer, what)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `check` is the invariant's name."""

    check: str
    member_id: int | None
    transfer_id: int | None
    message: str

    def __str__(self) -> str:
        where = [f"wallet {self.member_id}"] if self.member_id is not None else []
        where += [f"transfer {self.transfer_id}"] if self.transfer_id is not None else []
        return f"{self.check}: {', '.join(where) or 'book'}: {self.message}"


INVARIANTS: dict[str, str] = {
    "zero sum": """
        SELECT NULL::bigint, transfer_id, format('postings in %s sum to %s, not to zero', unit, sum(amount))
        FROM posting GROUP BY transfer_id, unit HAVING sum(amount) <> 0
    """,
    "balance is the sum of postings": """
        SELECT a.member_id, NULL::bigint,
               format('%s %s stands at %s, its postings add up to %s', a.kind, a.code, a.balance,
                      coalesce(p.total, 0))
        FROM account a LEFT JOIN (SELECT account_id, sum(amount) AS total FROM posting GROUP BY 1) p
             ON p.account_id = a.id
        WHERE a.member_id IS NOT NULL AND a.balance <> coalesce(p.total, 0)
    """,
    "balance after": """
        SELECT a.member_id, p.transfer_id,
               format('%s %s: balance after is %s, but %s before and %s moved', a.kind, a.code,
                      p.balance_after, p.before, p.amount)
        FROM (SELECT *, coalesce(lag(balance_after) OVER (PARTITION BY account_id ORDER BY transfer_id), 0)
                     AS before
              FROM posting WHERE balance_after IS NOT NULL) p JOIN account a ON a.id = p.account_id
        WHERE p.balance_after <> p.before + p.amount
    """,
    "not negative": """
        SELECT member_id, NULL::bigint, format('%s %s stands at %s', kind, code, balance)
        FROM account WHERE (balance < 0 AND kind <> 'debt') OR (balance > 0 AND kind = 'debt')
    """,
    "accounts are of a member or of the shop": """
        SELECT member_id, NULL::bigint, format('account %s: %s %s of store "%s"', id, kind, code, store_id)
        FROM account
        WHERE (member_id IS NULL) <> (balance IS NULL) OR (member_id IS NOT NULL AND store_id <> '')
    """,
    "nothing moves nothing": """
        SELECT NULL::bigint, transfer_id, 'a posting of zero' FROM posting WHERE amount = 0
        UNION ALL SELECT NULL, transfer_id, 'a lot use of zero' FROM lot_use WHERE amount = 0
        UNION ALL SELECT NULL, transfer_id, 'a lot of nothing' FROM lot WHERE amount <= 0
    """,
    "lots are the balance": """
        SELECT a.member_id, NULL::bigint,
               format('%s %s stands at %s, its lots hold %s', a.kind, a.code, a.balance, coalesce(l.total, 0))
        FROM account a LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM lot GROUP BY 1) l
             ON l.account_id = a.id
        WHERE a.member_id IS NOT NULL AND a.kind <> 'debt' AND a.balance <> coalesce(l.total, 0)
    """,
    "lot is what its uses left": """
        SELECT a.member_id, l.transfer_id,
               format('lot %s: %s granted, %s used, but %s remain', l.id, l.amount,
                      coalesce(u.total, 0), l.remaining)
        FROM lot l JOIN account a ON a.id = l.account_id
        LEFT JOIN (SELECT lot_id, sum(amount) AS total FROM lot_use GROUP BY 1) u ON u.lot_id = l.id
        WHERE l.remaining <> l.amount - coalesce(u.total, 0)
    """,
    "lots moved as posted": """
        SELECT a.member_id, coalesce(p.transfer_id, m.transfer_id),
               format('%s %s: posted %s, lots moved %s', a.kind, a.code, coalesce(p.amount, 0),
                      coalesce(m.amount, 0))
        FROM (SELECT transfer_id, account_id, amount FROM posting WHERE balance_after IS NOT NULL) p
        FULL JOIN (
            SELECT transfer_id, account_id, sum(amount) AS amount FROM (
                SELECT transfer_id, account_id, amount FROM lot
                UNION ALL
                SELECT u.transfer_id, l.account_id, -u.amount FROM lot_use u JOIN lot l ON l.id = u.lot_id) x
            GROUP BY 1, 2) m ON m.transfer_id = p.transfer_id AND m.account_id = p.account_id
        JOIN account a ON a.id = coalesce(p.account_id, m.account_id)
        WHERE a.kind <> 'debt' AND coalesce(p.amount, 0) <> coalesce(m.amount, 0)
    """,
    "postings belong": """
        SELECT a.member_id, p.transfer_id,
               CASE WHEN t.id IS NULL THEN 'a posting without a transfer'
                    WHEN a.id IS NULL THEN format('posted to account %s, which does not exist', p.account_id)
                    WHEN t.refused IS NOT NULL THEN 'a refused transfer has postings'
                    WHEN a.unit <> p.unit THEN format('%s posted to an account in %s', p.unit, a.unit)
                    ELSE format('posted to wallet %s, but it is a transfer of %s', a.member_id, t.member_id)
               END
        FROM posting p LEFT JOIN transfer t ON t.id = p.transfer_id LEFT JOIN account a ON a.id = p.account_id
        WHERE t.id IS NULL OR a.id IS NULL OR t.refused IS NOT NULL OR a.unit <> p.unit
           OR a.member_id <> t.member_id OR (a.balance IS NULL) <> (p.balance_after IS NULL)
    """,
    "request is what the fingerprint says": """
        SELECT member_id, id, 'the kept request is not the one of the fingerprint'
        FROM transfer WHERE sha256(convert_to(request::text, 'UTF8')) <> fingerprint
    """,
    "purchase lines are those asked for": """
        SELECT t.member_id, t.id, 'the purchase lines are not those of the request'
        FROM transfer t WHERE t.refused IS NULL AND t.kind = 'purchase'
          AND (t.request::jsonb -> 'lines') <> coalesce(
            (SELECT jsonb_agg(to_jsonb(l) - 'transfer_id' - 'line' ORDER BY l.line)
             FROM purchase_line l WHERE l.transfer_id = t.id), '[]')
    """,
    "reversal reverses": """
        SELECT r.member_id, r.id, format('reverses transfer %s of wallet %s', t.id, t.member_id)
        FROM transfer r LEFT JOIN transfer t ON t.id = r.reverses
        WHERE r.reverses IS NOT NULL
          AND (t.id IS NULL OR t.member_id <> r.member_id OR t.refused IS NOT NULL OR r.kind <> 'reversal')
    """,
    "merging account is empty": """
        SELECT NULL::bigint, NULL::bigint,
               format('what left one card and reached no other: %s %s', sum(p.amount), a.unit)
        FROM account a JOIN posting p ON p.account_id = a.id WHERE a.kind = 'merging'
        GROUP BY a.id HAVING sum(p.amount) <> 0
    """,
    "next expiry is not late": """
        SELECT w.member_id, NULL::bigint, format('lot %s expires before the wallet looks for it', l.id)
        FROM wallet w JOIN account a ON a.member_id = w.member_id JOIN lot l ON l.account_id = a.id
        WHERE l.remaining > 0 AND l.expires_at < w.next_expiry
    """,
    "transfers have wallets": """
        SELECT t.member_id, t.id, 'a transfer without a wallet' FROM transfer t
        WHERE NOT EXISTS (SELECT 1 FROM wallet w WHERE w.member_id = t.member_id)
    """,
    "wallet counts its transfers": """
        SELECT w.member_id, NULL::bigint,
               format('version %s and length %s, but %s posted of %s', w.version, w.seq, t.posted, t.total)
        FROM wallet w LEFT JOIN (
            SELECT member_id, count(*) FILTER (WHERE refused IS NULL) AS posted, count(*) AS total
            FROM transfer GROUP BY 1) t ON t.member_id = w.member_id
        WHERE w.version <> coalesce(t.posted, 0) OR w.seq <> coalesce(t.total, 0)
    """,
    "acts are signed by known staff": """
        SELECT NULL::bigint, a.transfer_id,
               format('act %s is signed by staff %s, who is unknown', a.id, a.staff_id)
        FROM act a
        WHERE a.staff_id IS NOT NULL AND NOT EXISTS (SELECT FROM staff s WHERE s.id = a.staff_id)
    """,
    "messages go to known members": """
        SELECT m.member_id, NULL::bigint, format('message %s is for a member who is unknown', m.id)
        FROM message m
        WHERE m.member_id IS NOT NULL AND NOT EXISTS (SELECT FROM member k WHERE k.id = m.member_id)
    """,
    "a till names its own accounts": """
        SELECT NULL::bigint, NULL::bigint,
               format('till %s/%s names account %s', t.store_id, t.method, leg.account_id)
        FROM till t CROSS JOIN LATERAL (
            VALUES (t.cash, 'cash', t.method, 'fen'), (t.gift_cost, 'gift_cost', '', 'fen'),
                   (t.points_cost, 'points_cost', '', 'points')) AS leg (account_id, kind, code, unit)
        WHERE NOT EXISTS (
            SELECT FROM account a
            WHERE a.id = leg.account_id AND a.store_id = t.store_id AND a.kind = leg.kind
              AND a.code = leg.code AND a.unit = leg.unit AND a.member_id IS NULL)
    """,
    "snapshot is the sum of postings": """
        SELECT NULL::bigint, s.upto_transfer_id,
               format('snapshot of account %s says %s, its postings %s', s.account_id, s.balance, s.total)
        FROM (SELECT s.*, (SELECT coalesce(sum(p.amount), 0) FROM posting p
                           WHERE p.account_id = s.account_id AND p.transfer_id <= s.upto_transfer_id) AS total
              FROM snapshot s
              WHERE s.upto_transfer_id = (SELECT max(upto_transfer_id) FROM snapshot n
                                          WHERE n.account_id = s.account_id)) s
        WHERE s.balance <> s.total
    """,
}


def check(connection: Connection, name: str) -> Iterator[Finding]:
    """Run one invariant; yields what breaks it."""
    for member_id, transfer_id, message in connection.execute(text(INVARIANTS[name].replace(":", "\\:"))):
        yield Finding(name, member_id, transfer_id, message)
