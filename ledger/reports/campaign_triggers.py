"""What makes a campaign speak, one SELECT a trigger: member, occasion, when it is due, the event, the facts.

An occasion names what the campaign speaks about once: a birthday's year, a purchase, the last visit before a
long pause. Columns: member_id, occasion, due_at, transfer_id, facts (json); those about how a member stands
also bring his row of `campaign_fact` (`campaign_facts.gather`), so that it is read once.
"""

from __future__ import annotations

LATE_DAYS = 7  # an event that was not looked at for so long has passed; a new campaign starts with these

# NOT IN: the reversals are few and read once, by their own index, into a hash table.
STANDS = """
    t.refused IS NULL AND t.occurred_at <= :at
    AND t.id NOT IN (SELECT r.reverses FROM transfer r WHERE r.reverses IS NOT NULL AND r.recorded_at <= :at)
"""
_DAYS = "floor(extract(epoch FROM CAST(:at AS timestamptz) - {since}) / 86400)::bigint"
_NOW = "CAST(:at AS timestamptz) AS due_at, NULL::bigint AS transfer_id"
_KNOWN = "'balance_fen', f.balance, 'category', f.category, 'item', f.item"
_LAST = "coalesce(f.last_purchase_at, f.joined_at)"

_JOINED = """
    SELECT m.id AS member_id, 'once' AS occasion, m.joined_at + :hours * interval '1 hour' AS due_at,
           NULL::bigint AS transfer_id, '{}'::json AS facts
    FROM member m
    WHERE m.joined_at <= CAST(:at AS timestamptz) - :hours * interval '1 hour'
      AND m.joined_at > CAST(:at AS timestamptz) - :hours * interval '1 hour' - interval '7 days'
"""
_NO_FIRST_PURCHASE = f"""
    SELECT f.*, 'once' AS occasion, {_NOW},
           json_strip_nulls(json_build_object('days', {_DAYS.format(since="f.joined_at")}, {_KNOWN})) AS facts
    FROM campaign_fact f
    WHERE f.last_purchase_at IS NULL AND f.joined_at <= CAST(:at AS timestamptz) - :days * interval '1 day'
      AND f.joined_at > CAST(:at AS timestamptz) - (:days + 30) * interval '1 day'
"""  # noqa: S608 - the texts are ours
_DORMANT = f"""
    SELECT f.*, to_char({_LAST} AT TIME ZONE :zone, 'YYYY-MM-DD') AS occasion, {_NOW},
           json_strip_nulls(json_build_object('days', {_DAYS.format(since=_LAST)}, {_KNOWN})) AS facts
    FROM campaign_fact f
    WHERE {_LAST} <= CAST(:at AS timestamptz) - :days * interval '1 day'
"""  # noqa: S608
_IDLE_BALANCE = _DORMANT + " AND f.balance >= :minimum"
_LOW_BALANCE = f"""
    SELECT f.*, f.last_top_up_id::text AS occasion, {_NOW},
           json_strip_nulls(json_build_object({_KNOWN})) AS facts
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
      AND paid.fen >= :minimum AND {STANDS}
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
_BORN = "extract(month FROM f.birthday)::int * 100 + extract(day FROM f.birthday)::int"
_BIRTHDAY = f"""
    SELECT f.*, (CAST(:years AS int[]))[array_position(CAST(:born AS int[]), {_BORN})]::text AS occasion,
           {_NOW}, json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f WHERE f.birthday IS NOT NULL AND {_BORN} = ANY (CAST(:born AS int[]))
"""  # noqa: S608
_DAY = f"""
    SELECT f.*, CAST(:day AS text) AS occasion, {_NOW},
           json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f
"""  # noqa: S608
_MONTH_SPENT = f"""
    SELECT f.*, CAST(:month AS text) AS occasion, {_NOW},
           json_strip_nulls(json_build_object({_KNOWN})) AS facts
    FROM campaign_fact f WHERE f.month_spent >= :minimum
"""  # noqa: S608
# A purchase's month is a bit, so that one pass finds whether the last month and those before it all have
# one. The months begin in the shop's zone, the first of them before the window, so that bit 0 stays empty.
_MONTHS = """
    (SELECT array_agg((date_trunc('month', (CAST(:at AS timestamptz) - :days * interval '1 day')
                       AT TIME ZONE :zone) - back * interval '1 month') AT TIME ZONE :zone ORDER BY back DESC)
     FROM generate_series(0, :months + 4) AS back)
"""
_CATEGORY_MISSED = f"""
    WITH steady AS (
        SELECT l.member_id, l.category, max(l.occurred_at) AS last_at FROM campaign_line l
        WHERE l.occurred_at > CAST(:at AS timestamptz) - (:days + 31 * (:months + 3)) * interval '1 day'
        GROUP BY l.member_id, l.category
        HAVING max(l.occurred_at) <= CAST(:at AS timestamptz) - :days * interval '1 day'
           AND (1 << :months) - 1 = ((1 << :months) - 1) &
               (bit_or(1 << width_bucket(l.occurred_at, {_MONTHS}))
                >> greatest(width_bucket(max(l.occurred_at), {_MONTHS}) - :months + 1, 0))
    ), latest AS (
        SELECT DISTINCT ON (member_id) member_id, category AS missed, last_at,
               last_at AT TIME ZONE :zone AS shop_time
        FROM steady ORDER BY member_id, last_at DESC, category
    )
    SELECT f.*, {_NOW}, s.missed || ':' ||
               (date_part('year', s.shop_time) * 12 + date_part('month', s.shop_time))::int AS occasion,
           json_strip_nulls(json_build_object('days', {_DAYS.format(since="s.last_at")},
               'category', s.missed, 'balance_fen', f.balance, 'item', f.item)) AS facts
    FROM latest s JOIN campaign_fact f ON f.member_id = s.member_id
"""  # noqa: S608

# Of what happened: known before there are facts, which are then asked for of these members only.
EVENTS: dict[str, str] = {
    "joined": _JOINED,
    "purchase": _PAYMENT,
    "top_up": _PAYMENT,
    "level_up": _LEVEL_UP,
}
# Of how a member stands: read from the facts, whose columns they keep.
STATES: dict[str, str] = {
    "no_first_purchase": _NO_FIRST_PURCHASE,
    "dormant": _DORMANT,
    "idle_balance": _IDLE_BALANCE,
    "low_balance": _LOW_BALANCE,
    "birthday": _BIRTHDAY,
    "holiday": _DAY,
    "member_day": _DAY,
    "month_spent": _MONTH_SPENT,
    "category_missed": _CATEGORY_MISSED,
}
