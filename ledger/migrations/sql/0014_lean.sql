-- What every entry at the counter pays for, and nobody reads again, is left out
-- (docs/decisions/an-entry-does-only-what-is-read-again.md).

-- The book's own check, by one grouping; several sums over the whole cost as much.
CREATE OR REPLACE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_bad bigint;
BEGIN
    SELECT transfer_id INTO v_bad FROM added GROUP BY transfer_id, unit HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'postings of transfer % do not sum to zero', v_bad USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- A foreign key locks the row it points to: every entry of a day would share-lock its cashier's row. Members and
-- staff are never deleted; that acts and messages name known ones is an invariant (ledger/book/invariants.py).
ALTER TABLE act DROP CONSTRAINT act_staff_id_fkey;
ALTER TABLE message DROP CONSTRAINT message_member_id_fkey;
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON staff FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON member FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The same bounds as types: PostgreSQL parses a CHECK anew for every statement.
ALTER TABLE message DROP CONSTRAINT message_key_check, ALTER COLUMN key TYPE varchar(300);
ALTER TABLE message DROP CONSTRAINT message_text_check, ALTER COLUMN text TYPE varchar(2048);

-- A notification makes its transaction hold one lock of the whole server until it is on disk, so entries would be
-- written one by one. The worker asks the queue instead (bot/outreach/jobs.py). The log of a job's states is of no
-- use either: a finished job is deleted with its log, what became of a message stands in `message`.
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_insert_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_update_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_scheduled_events_v1;

-- Usable balances of a member, with the lots that are due counted out. The wallet's version is what it will be
-- once they have expired (one transfer each), so a quote stays good through that expiry. Nearly always nothing is
-- due, as the wallet's own row says: then no lot is looked at.
CREATE OR REPLACE FUNCTION ledger_balances(p_member bigint, p_now timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_version bigint;
    v_next_expiry timestamptz;
    v_held text;
BEGIN
    SELECT version, next_expiry INTO v_version, v_next_expiry FROM wallet WHERE member_id = p_member;
    IF v_next_expiry > p_now THEN
        SELECT string_agg(format('["%s", %s, %s, %s]', kind, to_json(code), to_json(unit), balance), ', '
                          ORDER BY kind, code)
        INTO v_held FROM account WHERE member_id = p_member AND balance <> 0;
        RETURN format('{"version": %s, "held": [%s]}', v_version, v_held);
    END IF;
    RETURN (
        WITH due AS (
            SELECT l.account_id, sum(l.remaining) AS amount, count(*) AS lots
            FROM account a JOIN lot l ON l.account_id = a.id
            WHERE a.member_id = p_member AND l.remaining > 0 AND l.expires_at <= p_now GROUP BY 1
        ), held AS (
            SELECT a.kind, a.code, a.unit, (a.balance - coalesce(due.amount, 0))::bigint AS amount, due.lots
            FROM account a LEFT JOIN due ON due.account_id = a.id WHERE a.member_id = p_member
        )
        SELECT json_build_object(
            'version', v_version + coalesce(sum(lots), 0)::bigint,
            'held', json_agg(json_build_array(kind, code, unit, amount) ORDER BY kind, code)
                FILTER (WHERE amount <> 0))
        FROM held);
END $$;

-- The shop's accounts that a top-up in a store goes against, by payment method: found in one look.
CREATE TABLE till (
    store_id    text NOT NULL,
    method      text NOT NULL,
    cash        bigint NOT NULL,
    gift_cost   bigint NOT NULL,
    points_cost bigint NOT NULL,
    PRIMARY KEY (store_id, method)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON till
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A till, made with its accounts when it is first needed.
CREATE FUNCTION ledger_till(p_store text, p_method text, OUT cash bigint, OUT gift_cost bigint, OUT points_cost bigint)
LANGUAGE plpgsql AS $$
BEGIN
    cash := ledger_shop_account(p_store, 'cash', p_method, 'fen');
    gift_cost := ledger_shop_account(p_store, 'gift_cost', '', 'fen');
    points_cost := ledger_shop_account(p_store, 'points_cost', '', 'points');
    INSERT INTO till VALUES (p_store, p_method, cash, gift_cost, points_cost) ON CONFLICT DO NOTHING;
END $$;

-- The short way of the commonest event: money is paid in, gift money and points may come with it. Nothing is taken
-- from a lot and nothing can run short, so a few statements with plain values do it. Most of what a statement costs
-- at this size is setting up its expressions: each one stands here once, a text is put together by one `format`.
--
-- What is out of the ordinary (a known key, another version than expected, a closed card, lots that are due, nothing
-- paid in, a text that must be escaped in the chain) goes the long way, `ledger_post`, before anything is written.
-- Both write the same rows and the same chain (ledger/book/chain.py).
--
-- Expiries belong to amounts above zero. Returns what `ledger_post` does, as one text: "posted 123 f {balances}".
CREATE OR REPLACE FUNCTION ledger_grant(
    p_key text, p_kind text, p_store text, p_actor text, p_member bigint, p_occurred timestamptz,
    p_recorded timestamptz, p_memo text, p_request text, p_expected bigint, p_paid bigint, p_method text,
    p_gift bigint, p_gift_expires timestamptz, p_points bigint, p_points_expires timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_known bigint;
    v_version bigint;
    v_seq bigint;
    v_head bytea;
    v_recorded timestamptz;
    v_next_expiry timestamptz;
    v_closed boolean;
    v_cash bigint;
    v_gift_cost bigint;
    v_points_cost bigint;
    v_id bigint;
    v_unused text;
    v_paid_in bigint;
    v_paid_in_after bigint;
    v_gift bigint;
    v_gift_after bigint;
    v_points bigint;
    v_points_after bigint;
    v_lot bigint;
    v_gift_lot bigint;
    v_points_lot bigint;
    v_lots text;
    v_legs text;
    v_held text;
    v_result text;
    v_occurred text;
    v_fingerprint bytea;
BEGIN
    -- The key's lock, asked for as a value: PERFORM would be a statement.
    IF pg_advisory_xact_lock(hashtextextended(p_key, 0)) IS NULL THEN RETURN NULL; END IF;
    SELECT id INTO v_known FROM transfer WHERE key = p_key;
    SELECT version, seq, head, recorded_at, next_expiry, closed
    INTO v_version, v_seq, v_head, v_recorded, v_next_expiry, v_closed
    FROM wallet WHERE member_id = p_member FOR UPDATE;
    IF v_known IS NOT NULL OR v_closed IS NOT FALSE OR v_next_expiry <= p_recorded OR v_version <> p_expected
        OR p_paid = 0 OR concat(p_key, p_kind, p_store, p_actor, p_memo) ~ E'[\\\\\n]'
    THEN
        RETURN ledger_grant_with_care(
            ROW(p_key, p_kind, p_store, p_actor, p_member, p_occurred, p_recorded, p_memo, NULL, p_request)::ledger_header,
            p_expected, p_paid, p_method, p_gift, p_gift_expires, p_points, p_points_expires);
    END IF;
    SELECT cash, gift_cost, points_cost INTO v_cash, v_gift_cost, v_points_cost
    FROM till WHERE store_id = p_store AND method = p_method;
    IF v_cash IS NULL THEN
        SELECT cash, gift_cost, points_cost INTO v_cash, v_gift_cost, v_points_cost FROM ledger_till(p_store, p_method);
    END IF;

    -- The wallet is ours. Only now may the transfer take its number: take_snapshots relies on it.
    v_id := nextval('transfer_id_seq');
    v_version := v_version + 1;
    v_seq := v_seq + 1;
    IF v_recorded < p_recorded THEN v_recorded := p_recorded; END IF;
    v_lot := nextval('lot_id_seq');
    IF p_gift = 0 AND p_points = 0 THEN
        UPDATE account SET balance = balance + p_paid WHERE member_id = p_member AND kind = 'paid_in' AND code = ''
        RETURNING id, balance INTO STRICT v_paid_in, v_paid_in_after;
        SELECT string_agg(format('["%s", %s, %s, %s]', kind, to_json(code), to_json(unit), balance), ', ') INTO v_held
        FROM account WHERE member_id = p_member AND balance <> 0;
    ELSE
        v_unused := CASE WHEN p_gift = 0 THEN 'gift' WHEN p_points = 0 THEN 'points' ELSE '' END;
        UPDATE account
        SET balance = balance + CASE kind WHEN 'paid_in' THEN p_paid WHEN 'gift' THEN p_gift ELSE p_points END
        WHERE member_id = p_member AND kind IN ('paid_in', 'gift', 'points') AND kind <> v_unused AND code = '';
        SELECT string_agg(format('["%s", %s, %s, %s]', kind, to_json(code), to_json(unit), balance), ', '),
               max(id) FILTER (WHERE kind = 'paid_in'), max(balance) FILTER (WHERE kind = 'paid_in'),
               max(id) FILTER (WHERE kind = 'gift'), max(balance) FILTER (WHERE kind = 'gift'),
               max(id) FILTER (WHERE kind = 'points'), max(balance) FILTER (WHERE kind = 'points')
        INTO v_held, v_paid_in, v_paid_in_after, v_gift, v_gift_after, v_points, v_points_after
        FROM account WHERE member_id = p_member AND balance <> 0;
        IF v_paid_in IS NULL OR (p_gift > 0 AND v_gift IS NULL) OR (p_points > 0 AND v_points IS NULL) THEN
            RAISE EXCEPTION 'the wallet of member % lacks an account', p_member USING ERRCODE = 'no_data_found';
        END IF;
    END IF;
    v_result := format('{"version": %s, "held": [%s]}', v_version, v_held);

    v_lots := format('g %s %s %s  %s', v_lot, v_paid_in, p_paid, p_store);
    IF p_gift > 0 THEN
        v_gift_lot := nextval('lot_id_seq');
        v_lots := format(E'%s\ng %s %s %s %s %s', v_lots, v_gift_lot, v_gift, p_gift, ledger_micros(p_gift_expires),
                         p_store);
        IF p_gift_expires < v_next_expiry THEN v_next_expiry := p_gift_expires; END IF;
    END IF;
    IF p_points > 0 THEN
        v_points_lot := nextval('lot_id_seq');
        v_lots := format(E'%s\ng %s %s %s %s %s', v_lots, v_points_lot, v_points, p_points,
                         ledger_micros(p_points_expires), p_store);
        IF p_points_expires < v_next_expiry THEN v_next_expiry := p_points_expires; END IF;
    END IF;
    IF p_gift > 0 OR p_points > 0 THEN
        SELECT string_agg(format('p %s %s %s %s', id, unit, amount, after), E'\n' ORDER BY id) INTO v_legs
        FROM (VALUES (v_paid_in, 'fen', p_paid, v_paid_in_after), (v_cash, 'fen', -p_paid, NULL::bigint),
                     (v_gift, 'fen', p_gift, v_gift_after), (v_gift_cost, 'fen', -p_gift, NULL),
                     (v_points, 'points', p_points, v_points_after), (v_points_cost, 'points', -p_points, NULL))
            AS leg (id, unit, amount, after)
        WHERE amount <> 0;
    ELSIF v_paid_in < v_cash THEN
        v_legs := format(E'p %s fen %s %s\np %s fen -%s ', v_paid_in, p_paid, v_paid_in_after, v_cash, p_paid);
    ELSE
        v_legs := format(E'p %s fen -%s \np %s fen %s %s', v_cash, p_paid, v_paid_in, p_paid, v_paid_in_after);
    END IF;
    v_fingerprint := sha256(convert_to(p_request, 'UTF8'));
    v_occurred := ledger_micros(p_occurred);
    v_head := sha256(v_head || sha256(convert_to(format(
        E'zhanggui-ledger-1\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n\n%s\n%s\n%s\n%s',
        v_id, p_key, p_kind, p_store, p_actor, p_member, v_seq, v_occurred,
        CASE WHEN v_recorded = p_occurred THEN v_occurred ELSE ledger_micros(v_recorded) END, p_memo,
        encode(v_fingerprint, 'hex'), v_lots, v_legs, ledger_line(v_result)), 'UTF8')));

    IF p_gift > 0 OR p_points > 0 THEN
        INSERT INTO lot (id, account_id, transfer_id, store_id, amount, remaining, expires_at) OVERRIDING SYSTEM VALUE
        SELECT id, account, v_id, p_store, amount, amount, expires_at
        FROM (VALUES (v_lot, v_paid_in, p_paid, NULL::timestamptz), (v_gift_lot, v_gift, p_gift, p_gift_expires),
                     (v_points_lot, v_points, p_points, p_points_expires)) AS granted (id, account, amount, expires_at)
        WHERE amount > 0;
        INSERT INTO posting (account_id, transfer_id, unit, amount, balance_after)
        SELECT account, v_id, unit, amount, after
        FROM (VALUES (v_paid_in, 'fen', p_paid, v_paid_in_after), (v_cash, 'fen', -p_paid, NULL::bigint),
                     (v_gift, 'fen', p_gift, v_gift_after), (v_gift_cost, 'fen', -p_gift, NULL),
                     (v_points, 'points', p_points, v_points_after), (v_points_cost, 'points', -p_points, NULL))
            AS leg (account, unit, amount, after)
        WHERE amount <> 0;
    ELSE
        INSERT INTO lot (id, account_id, transfer_id, store_id, amount, remaining) OVERRIDING SYSTEM VALUE
        VALUES (v_lot, v_paid_in, v_id, p_store, p_paid, p_paid);
        INSERT INTO posting (account_id, transfer_id, unit, amount, balance_after)
        VALUES (v_paid_in, v_id, 'fen', p_paid, v_paid_in_after), (v_cash, v_id, 'fen', -p_paid, NULL);
    END IF;
    UPDATE wallet SET version = v_version, seq = v_seq, head = v_head, recorded_at = v_recorded,
                      next_expiry = v_next_expiry
    WHERE member_id = p_member;
    INSERT INTO transfer (id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,
                          memo, result, seq, hash)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, p_key, v_fingerprint, p_request::json, p_kind, p_store, p_actor, p_member, p_occurred, v_recorded,
            p_memo, v_result::json, v_seq, v_head);
    RETURN concat_ws(' ', 'posted', v_id, 'f', v_result);
END $$;

-- The whole of a plain top-up at the counter: that the staff member and the member's account are those of the quote,
-- and that no inviter waits for the payment, is asked; then it is posted, signed, told, deferred and explained. NULL:
-- somebody is not who he was, and nothing was done. What was refused, or known by its key, is only answered.
CREATE FUNCTION counter_top_up(
    p_staff bigint, p_role text, p_staff_store text, p_staff_openid text, p_openid text,
    p_key text, p_kind text, p_store text, p_actor text, p_member bigint, p_occurred timestamptz, p_recorded timestamptz,
    p_memo text, p_request text, p_expected bigint, p_paid bigint, p_method text, p_gift bigint,
    p_gift_expires timestamptz, p_points bigint, p_points_expires timestamptz,
    p_text text, p_mark text, p_rules_version text, p_reasons text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_answer text;
    v_id bigint;
    v_message bigint;
BEGIN
    PERFORM FROM staff s CROSS JOIN member m JOIN binding b ON b.member_id = m.id AND b.unbound_at IS NULL
    WHERE s.openid = p_staff_openid AND s.active AND s.id = p_staff AND s.role = p_role
      AND s.store_id IS NOT DISTINCT FROM p_staff_store
      AND m.id = p_member AND m.merged_into IS NULL AND b.openid = p_openid
      AND NOT EXISTS (SELECT FROM referral r WHERE r.invitee_openid = b.openid AND r.state = 'pending');
    IF NOT FOUND THEN RETURN NULL; END IF;
    v_answer := ledger_grant(p_key, p_kind, p_store, p_actor, p_member, p_occurred, p_recorded, p_memo, p_request,
                             p_expected, p_paid, p_method, p_gift, p_gift_expires, p_points, p_points_expires);
    IF v_answer !~ '^posted \d+ f ' THEN RETURN v_answer; END IF;
    v_id := split_part(v_answer, ' ', 2);
    INSERT INTO act (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id)
    VALUES (p_staff, p_actor, p_kind, p_recorded, p_staff_openid, p_key, p_staff_store, p_member, v_id);
    INSERT INTO message (key, openid, member_id, kind, text, due_at, created_at)
    VALUES (concat('receipt:', v_id), p_openid, p_member, 'top_up_receipt',
            replace(p_text, p_mark, concat('T', lpad(v_id::text, greatest(6, length(v_id::text)), '0'))),
            p_recorded, p_recorded)
    RETURNING id INTO v_message;
    INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    VALUES ('outreach', 'send_message', jsonb_build_object('message_id', v_message));
    INSERT INTO transfer_reason (transfer_id, rules_version, reasons) VALUES (v_id, p_rules_version, p_reasons::json);
    RETURN v_answer;
END $$;
