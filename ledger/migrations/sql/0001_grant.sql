-- The short way of the commonest event. A top-up or a gift of points takes nothing from a lot and cannot run short,
-- so a few statements with plain values do it: at this size each statement costs more than the rows it writes.
-- What is out of the ordinary (a known key, another version than expected, a closed card, lots that are due) goes
-- the long way, `ledger_post`, before anything is written. Both write the same rows and the same chain.
--
-- Expiries belong to amounts above zero. Returns what `ledger_post` does, as one text: "posted 123 f {balances}".
-- No forced plans here: without arrays PostgreSQL keeps the generic ones by itself.
CREATE FUNCTION ledger_grant(
    p_key text, p_kind text, p_store text, p_actor text, p_member bigint, p_occurred timestamptz,
    p_recorded timestamptz, p_memo text, p_request text, p_expected bigint, p_paid bigint, p_method text,
    p_gift bigint, p_gift_expires timestamptz, p_points bigint, p_points_expires timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_version bigint;
    v_seq bigint;
    v_head bytea;
    v_recorded timestamptz;
    v_next_expiry timestamptz;
    v_straight boolean;
    v_paid_in bigint;
    v_paid_in_after bigint;
    v_gift bigint;
    v_gift_after bigint;
    v_points bigint;
    v_points_after bigint;
    v_cash bigint;
    v_gift_cost bigint;
    v_points_cost bigint;
    v_id bigint;
    v_lots bigint[];
    v_fingerprint bytea;
    v_result text;
    v_posted text;
    v_legs bigint;
BEGIN
    -- The key's lock, asked for as a value: PERFORM would be a statement.
    IF pg_advisory_xact_lock(hashtextextended(p_key, 0)) IS NULL THEN RETURN NULL; END IF;
    SELECT w.version + 1, w.seq + 1, w.head, greatest(w.recorded_at, p_recorded),
           least(w.next_expiry, p_gift_expires, p_points_expires),
           t.id IS NULL AND NOT w.closed AND w.next_expiry > p_recorded
               AND w.version = coalesce(p_expected, w.version)
    INTO v_version, v_seq, v_head, v_recorded, v_next_expiry, v_straight
    FROM wallet w LEFT JOIN transfer t ON t.key = p_key
    WHERE w.member_id = p_member FOR UPDATE OF w;
    IF v_straight IS NOT TRUE THEN
        RETURN ledger_grant_with_care(
            ROW(p_key, p_kind, p_store, p_actor, p_member, p_occurred, p_recorded, p_memo, NULL, p_request)::ledger_header,
            p_expected, p_paid, p_method, p_gift, p_gift_expires, p_points, p_points_expires);
    END IF;

    -- The wallet is ours. Only now may the transfer take its number: take_snapshots relies on it.
    UPDATE account
    SET balance = balance + CASE kind WHEN 'paid_in' THEN p_paid WHEN 'gift' THEN p_gift ELSE p_points END
    WHERE member_id = p_member AND code = ''
      AND (kind = 'paid_in' AND p_paid > 0 OR kind = 'gift' AND p_gift > 0 OR kind = 'points' AND p_points > 0);
    LOOP
        SELECT held.paid_in, held.paid_in_after, held.gift, held.gift_after, held.points, held.points_after,
               held.cash, held.gift_cost, held.points_cost, held.result, leg.lines, leg.number,
               nextval('transfer_id_seq'), sha256(convert_to(p_request, 'UTF8')),
               ARRAY[CASE WHEN p_paid > 0 THEN nextval('lot_id_seq') END,
                     CASE WHEN p_gift > 0 THEN nextval('lot_id_seq') END,
                     CASE WHEN p_points > 0 THEN nextval('lot_id_seq') END]
        INTO v_paid_in, v_paid_in_after, v_gift, v_gift_after, v_points, v_points_after,
             v_cash, v_gift_cost, v_points_cost, v_result, v_posted, v_legs, v_id, v_fingerprint, v_lots
        FROM (
            SELECT max(id) FILTER (WHERE kind = 'paid_in' AND p_paid > 0) AS paid_in,
                   max(balance) FILTER (WHERE kind = 'paid_in') AS paid_in_after,
                   max(id) FILTER (WHERE kind = 'gift' AND p_gift > 0) AS gift,
                   max(balance) FILTER (WHERE kind = 'gift') AS gift_after,
                   max(id) FILTER (WHERE kind = 'points' AND p_points > 0) AS points,
                   max(balance) FILTER (WHERE kind = 'points') AS points_after,
                   '{"version": ' || v_version || ', "held": [' || string_agg('["' || kind || '", ' || to_json(code)
                       || ', ' || to_json(unit) || ', ' || balance || ']', ', ') || ']}' AS result,
                   CASE WHEN p_paid > 0 THEN (
                       SELECT id FROM account WHERE store_id = p_store AND kind = 'cash' AND code = p_method
                           AND unit = 'fen' AND member_id IS NULL) END AS cash,
                   CASE WHEN p_gift > 0 THEN (
                       SELECT id FROM account WHERE store_id = p_store AND kind = 'gift_cost' AND code = ''
                           AND unit = 'fen' AND member_id IS NULL) END AS gift_cost,
                   CASE WHEN p_points > 0 THEN (
                       SELECT id FROM account WHERE store_id = p_store AND kind = 'points_cost' AND code = ''
                           AND unit = 'points' AND member_id IS NULL) END AS points_cost
            FROM account WHERE member_id = p_member AND balance <> 0
        ) AS held CROSS JOIN LATERAL (
            SELECT string_agg('p ' || id || ' ' || unit || ' ' || amount || ' ' || after, E'\n' ORDER BY id) AS lines,
                   count(*) AS number
            FROM (VALUES (held.paid_in, 'fen', p_paid, held.paid_in_after::text), (held.cash, 'fen', -p_paid, ''),
                         (held.gift, 'fen', p_gift, held.gift_after::text), (held.gift_cost, 'fen', -p_gift, ''),
                         (held.points, 'points', p_points, held.points_after::text),
                         (held.points_cost, 'points', -p_points, '')) AS line (id, unit, amount, after)
            WHERE id IS NOT NULL
        ) AS leg;
        EXIT WHEN v_legs = 2 * ((p_paid > 0)::int + (p_gift > 0)::int + (p_points > 0)::int);
        IF (p_paid > 0 AND v_paid_in IS NULL) OR (p_gift > 0 AND v_gift IS NULL) OR (p_points > 0 AND v_points IS NULL)
        THEN
            RAISE EXCEPTION 'the wallet of member % lacks an account', p_member;
        END IF;
        -- The first of its kind in this store: the shop's accounts are still to be made.
        v_cash := CASE WHEN p_paid > 0 THEN ledger_shop_account(p_store, 'cash', p_method, 'fen') END;
        v_gift_cost := CASE WHEN p_gift > 0 THEN ledger_shop_account(p_store, 'gift_cost', '', 'fen') END;
        v_points_cost := CASE WHEN p_points > 0 THEN ledger_shop_account(p_store, 'points_cost', '', 'points') END;
    END LOOP;
    v_head := sha256(v_head || sha256(convert_to(concat_ws(E'\n',
        'zhanggui-ledger-1', v_id, ledger_line(p_key), p_kind, ledger_line(p_store), ledger_line(p_actor), p_member,
        v_seq, ledger_micros(p_occurred), ledger_micros(v_recorded), ledger_line(p_memo), '',
        encode(v_fingerprint, 'hex'),
        'g ' || v_lots[1] || ' ' || v_paid_in || ' ' || p_paid || '  ' || ledger_line(p_store),
        'g ' || v_lots[2] || ' ' || v_gift || ' ' || p_gift || ' ' || ledger_micros(p_gift_expires) || ' '
            || ledger_line(p_store),
        'g ' || v_lots[3] || ' ' || v_points || ' ' || p_points || ' ' || ledger_micros(p_points_expires) || ' '
            || ledger_line(p_store),
        v_posted, ledger_line(v_result)), 'UTF8')));
    WITH granted AS (
        INSERT INTO lot (id, account_id, transfer_id, store_id, amount, remaining, expires_at)
        OVERRIDING SYSTEM VALUE
        SELECT lot, account, v_id, p_store, amount, amount, expires_at
        FROM (VALUES (v_lots[1], v_paid_in, p_paid, NULL::timestamptz), (v_lots[2], v_gift, p_gift, p_gift_expires),
                     (v_lots[3], v_points, p_points, p_points_expires)) AS g (lot, account, amount, expires_at)
        WHERE amount > 0
    ), posted AS (
        INSERT INTO posting (account_id, transfer_id, unit, amount, balance_after)
        SELECT account, v_id, unit, amount, after
        FROM (VALUES (v_paid_in, 'fen', p_paid, v_paid_in_after), (v_cash, 'fen', -p_paid, NULL::bigint),
                     (v_gift, 'fen', p_gift, v_gift_after), (v_gift_cost, 'fen', -p_gift, NULL),
                     (v_points, 'points', p_points, v_points_after), (v_points_cost, 'points', -p_points, NULL))
            AS p (account, unit, amount, after)
        WHERE amount <> 0
    ), headed AS (
        UPDATE wallet SET version = v_version, seq = v_seq, head = v_head, recorded_at = v_recorded,
                          next_expiry = v_next_expiry
        WHERE member_id = p_member
    )
    INSERT INTO transfer (id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,
                          memo, result, seq, hash)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, p_key, v_fingerprint, p_request::json, p_kind, p_store, p_actor, p_member, p_occurred, v_recorded,
            p_memo, v_result::json, v_seq, v_head);
    RETURN 'posted ' || v_id || ' f ' || v_result;
END $$;

-- The same event by `ledger_post`.
CREATE FUNCTION ledger_grant_with_care(
    p_header ledger_header, p_expected bigint, p_paid bigint, p_method text, p_gift bigint, p_gift_expires timestamptz,
    p_points bigint, p_points_expires timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_answer record;
BEGIN
    SELECT * INTO v_answer FROM ledger_post(p_header, p_expected, jsonb_build_object('grants', (
        SELECT jsonb_agg(to_jsonb(g)) FROM (VALUES
            ('paid_in', '', 'fen', p_paid, NULL::timestamptz, 'cash', p_method),
            ('gift', '', 'fen', p_gift, p_gift_expires, 'gift_cost', ''),
            ('points', '', 'points', p_points, p_points_expires, 'points_cost', '')
        ) AS g (kind, code, unit, amount, expires_at, against, against_code) WHERE amount > 0)));
    RETURN v_answer.status || ' ' || v_answer.transfer_id || ' ' || left(v_answer.replayed::text, 1) || ' '
        || v_answer.result;
END $$;
