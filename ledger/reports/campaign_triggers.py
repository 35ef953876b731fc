"""What makes a campaign speak, one SELECT a trigger: member, occasion, when it is due, the event, the facts.

An occasion names what the campaign speaks about once: a birthday's year, a purchase, the last visit before a
long pause. Columns: member_id, occasion, due_at, transfer_id, facts (json).
"""

from __future__ import annotations

LATE_DAYS = 7  # an event that was not looked at for so long has passed; a new campaign starts with these

# NOT IN: the reversals are few and read once, by their own index, into a hash table.
_STANDS = """
    t.refused IS NULL AND t.occurred_at <= :at
    AND t.id NOT IN (SELECT r.reverses FROM transfer r WHERE r.reverses IS NOT NULL AND r.recorded_at <= :at)
"""
_DAYS = "floor(extract(epoch FROM CAST(:at AS timestamptz) - {since}) / 86400)::bigint"
_KNOWN = "'balance_fen', f.balance, 'category', f.category, 'item', f.item"
_LAST = "coalesce(f.last_purchase_at, m.joined_at)"

_JOINED = """
    SELECT m.id AS member_id, 'once' AS occasion, m.joined_at + :hours * interval '1 hour' AS due_at,
           NULL::bigint AS transfer_id, '{}'::json AS facts
    FROM member m
    WHERE m.joined_at <= CAST(:at AS timestamptz) - :hours * interval '1 hour'
      AND m.joined_at > CAST(:at AS timestamptz) - :hours * interval '1 hour' - interval '7 days'
"""
_NO_FIRST_PURCHASE = f"""
    SELECT m.id AS member_id, 'once' AS occasion, CAST(:at AS timestamptz) AS due_at,
           NULL::bigint AS transfer_id,
           json_strip_nulls(json_build_object('days', {_DAYS.format(since="m.joined_at")}, {_KNOWN})) AS facts
    FROM member m JOIN campaign_fact f ON f.member_id = m.id
    WHERE f.last_purchase_at IS NULL AND m.joined_at <= CAST(:at AS timestamptz) - :days * interval '1 day'
      AND m.joined_at > CAST(:at AS timestamptz) - (:days + 30) * interval '1 day'
"""  # noqa: S608 - the texts are ours
_DORMANT = f"""
    SELECT m.id AS member_id, to_char({_LAST} AT TIME ZONE :zone, 'YYYY-MM-DD') AS occasion,
           CAST(:at AS timestamptz) AS due_at, NULL::bigint AS transfer_id,
           json_strip_nulls(json_build_object('days', {_DAYS.format(since=_LAST)}, {_KNOWN})) AS facts
    FROM member m JOIN campaign_fact f ON f.member_id = m.id
    WHERE {_LAST} <= CAST(:at AS timestamptz) - :days * interval '1 day'
"""  # noqa: S608
_IDLE_BALANCE = _DORMANT + " AND f.balance >= :minimum"
_LOW_BALANCE = f"""
    SELECT f.member_id, f.last_top_up_id::text AS occasion, CAST(:at AS timestamptz) AS due_at,
           NULL::bigint AS transfer_id, json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f WHERE f.balance BETWEEN 1 AND :maximum AND f.last_top_up_id IS NOT NULL
"""  # noqa: S608
_PAYMENT = f"""
    SELECT t.member_id, t.id::text AS occasion, t.occurred_at + :hours * interval '1 hour' AS due_at,
           t.id AS transfer_id, json_build_object('paid_fen', paid.fen) AS facts
    FROM transfer t CROSS JOIN LATERAL (
        SELECT CASE t.kind WHEN 'purchase' THEN
            (SELECT coalesce(sum(l.paid_fen), 0)::bigint FROM purchase_line l WHERE l.transfer_id = t.id)
            ELSE (t.request ->> 'paid_fen')::bigint END AS fen) AS paid
    WHERE t.id > :after AND t.id <= :upto AND t.kind = :kind AND t.occurred_at > :since
      AND paid.fen >= :minimum AND {_STANDS}
"""  # noqa: S608
_LEVEL_UP = """
    SELECT l.member_id, l.id::text AS occasion, l.since + :hours * interval '1 hour' AS due_at,
           NULL::bigint AS transfer_id, json_build_object('level', l.level) AS facts
    FROM member_level l
    WHERE l.id > :after AND l.id <= :upto AND l.since > :since AND l.since <= :at
      AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = (l.cause ->> 'transfer')::bigint)
      AND array_position(CAST(:ranks AS text[]), l.level) > coalesce(array_position(CAST(:ranks AS text[]), (
          SELECT p.level FROM member_level p WHERE p.member_id = l.member_id AND p.id < l.id
          ORDER BY p.id DESC LIMIT 1)), 1)
"""
_BORN = "extract(month FROM m.birthday)::int * 100 + extract(day FROM m.birthday)::int"
_BIRTHDAY = f"""
    SELECT m.id AS member_id,
           (CAST(:years AS int[]))[array_position(CAST(:born AS int[]), {_BORN})]::text AS occasion,
           CAST(:at AS timestamptz) AS due_at, NULL::bigint AS transfer_id,
           json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM member m JOIN campaign_fact f ON f.member_id = m.id
    WHERE m.birthday IS NOT NULL AND {_BORN} = ANY (CAST(:born AS int[]))
"""  # noqa: S608
_DAY = f"""
    SELECT f.member_id, CAST(:day AS text) AS occasion, CAST(:at AS timestamptz) AS due_at,
           NULL::bigint AS transfer_id, json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f
"""  # noqa: S608
_MONTH_SPENT = f"""
    SELECT f.member_id, CAST(:month AS text) AS occasion, CAST(:at AS timestamptz) AS due_at,
           NULL::bigint AS transfer_id, json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f WHERE f.month_spent >= :minimum
"""  # noqa: S608
# Months are counted from year 0 in the shop's zone, so that December and January follow each other.
_CATEGORY_MISSED = f"""
    WITH month_of AS (
        SELECT t.member_id, l.category, max(t.occurred_at) AS last_at,
               (date_part('year', shop_time) * 12 + date_part('month', shop_time))::int AS month
        FROM transfer t JOIN purchase_line l ON l.transfer_id = t.id
        CROSS JOIN LATERAL (SELECT t.occurred_at AT TIME ZONE :zone AS shop_time) AS local
        WHERE t.kind = 'purchase' AND {_STANDS}
          AND t.occurred_at > CAST(:at AS timestamptz) - (:days + 31 * (:months + 3)) * interval '1 day'
        GROUP BY 1, 2, 4
    ), latest AS (
        SELECT member_id, category, max(month) AS month, max(last_at) AS last_at FROM month_of GROUP BY 1, 2
        HAVING max(last_at) <= CAST(:at AS timestamptz) - :days * interval '1 day'
    ), steady AS (
        SELECT l.member_id, l.category, l.month, l.last_at FROM latest l
        JOIN month_of b ON b.member_id = l.member_id AND b.category = l.category
            AND b.month > l.month - :months AND b.month <= l.month
        GROUP BY 1, 2, 3, 4 HAVING count(*) = :months
    )
    SELECT DISTINCT ON (s.member_id) s.member_id, s.category || ':' || s.month AS occasion,
           CAST(:at AS timestamptz) AS due_at, NULL::bigint AS transfer_id,
           json_strip_nulls(json_build_object('days', {_DAYS.format(since="s.last_at")},
               'category', s.category, 'balance_fen', f.balance, 'item', f.item)) AS facts
    FROM steady s JOIN campaign_fact f ON f.member_id = s.member_id
    ORDER BY s.member_id, s.last_at DESC, s.category
"""  # noqa: S608

TRIGGERS: dict[str, str] = {
    "joined": _JOINED,
    "no_first_purchase": _NO_FIRST_PURCHASE,
    "dormant": _DORMANT,
    "idle_balance": _IDLE_BALANCE,
    "low_balance": _LOW_BALANCE,
    "purchase": _PAYMENT,
    "top_up": _PAYMENT,
    "level_up": _LEVEL_UP,
    "birthday": _BIRTHDAY,
    "holiday": _DAY,
    "member_day": _DAY,
    "month_spent": _MONTH_SPENT,
    "category_missed": _CATEGORY_MISSED,
}
