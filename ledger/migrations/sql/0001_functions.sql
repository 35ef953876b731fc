-- Writing the book. `ledger_post` is the one door: a business event in one call.
-- The doors force generic plans: every statement goes by a member's, an account's or a transfer's number, so the
-- one plan is the right one for any size of the book, and planning anew at every call costs more than the call.

CREATE TYPE ledger_header AS (
    key text, kind text, store_id text, actor text, member_id bigint,
    occurred_at timestamptz, recorded_at timestamptz, memo text, reverses bigint, request text);
CREATE TYPE ledger_leg AS (account_id bigint, unit text, amount bigint, guarded boolean);
CREATE TYPE ledger_grant AS (account_id bigint, amount bigint, expires_at timestamptz, store_id text);
CREATE TYPE ledger_take AS (lot_id bigint, amount bigint);

-- One field, one line of the canonical bytes.
CREATE FUNCTION ledger_line(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT replace(replace(p_text, E'\\', E'\\\\'), E'\n', E'\\n') $$;

CREATE FUNCTION ledger_micros(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN p_at IS NULL THEN '' ELSE (extract(epoch FROM p_at) * 1000000)::bigint::text END $$;

CREATE FUNCTION ledger_member_account(p_member bigint, p_kind text, p_code text, p_unit text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
    SELECT id INTO v_id FROM account WHERE member_id = p_member AND kind = p_kind AND code = p_code;
    IF NOT FOUND THEN  -- only the holder of the wallet's lock gets here
        INSERT INTO account (member_id, store_id, kind, code, unit, may_go_negative, balance)
        VALUES (p_member, '', p_kind, p_code, p_unit, p_kind = 'debt', 0) RETURNING id INTO v_id;
    END IF;
    RETURN v_id;
END $$;

-- An account of the shop, made when it is first needed. Makers queue behind one lock: two transactions that make
-- the same new accounts in another order would otherwise wait for each other.
CREATE FUNCTION ledger_shop_account(p_store text, p_kind text, p_code text, p_unit text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
    SELECT id INTO v_id FROM account
    WHERE store_id = p_store AND kind = p_kind AND code = p_code AND unit = p_unit AND member_id IS NULL;
    IF FOUND THEN RETURN v_id; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger shop account', 0));
    SELECT id INTO v_id FROM account
    WHERE store_id = p_store AND kind = p_kind AND code = p_code AND unit = p_unit AND member_id IS NULL;
    IF FOUND THEN RETURN v_id; END IF;
    INSERT INTO account (member_id, store_id, kind, code, unit, may_go_negative)
    VALUES (NULL, p_store, p_kind, p_code, p_unit, true) RETURNING id INTO v_id;
    RETURN v_id;
END $$;

CREATE FUNCTION ledger_open_wallet(p_member bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO wallet (member_id) VALUES (p_member);
    PERFORM ledger_member_account(p_member, k, '', u)
    FROM (VALUES ('paid_in', 'fen'), ('gift', 'fen'), ('points', 'points')) AS kinds (k, u);
END $$;

-- Usable balances of a member, with the lots that are due counted out. The wallet's version is what it will be
-- once they have expired (one transfer each), so a quote stays good through that expiry.
CREATE FUNCTION ledger_balances(p_member bigint, p_now timestamptz) RETURNS json LANGUAGE sql STABLE AS $$
    WITH due AS (
        SELECT l.account_id, sum(l.remaining) AS amount, count(*) AS lots
        FROM account a JOIN lot l ON l.account_id = a.id
        WHERE a.member_id = p_member AND l.remaining > 0 AND l.expires_at <= p_now GROUP BY 1
    ), held AS (
        SELECT a.kind, a.code, a.unit, (a.balance - coalesce(due.amount, 0))::bigint AS amount, due.lots
        FROM account a LEFT JOIN due ON due.account_id = a.id WHERE a.member_id = p_member
    )
    SELECT json_build_object(
        'version', (SELECT version FROM wallet WHERE member_id = p_member) + coalesce(sum(lots), 0)::bigint,
        'held', json_agg(json_build_array(kind, code, unit, amount) ORDER BY kind, code)
            FILTER (WHERE amount <> 0))
    FROM held
$$;

-- What a member holds right after a transfer, as it is kept in the transfer's result.
CREATE FUNCTION ledger_result(p_member bigint, p_version bigint) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('version', p_version, 'held', json_agg(
        json_build_array(kind, code, unit, balance) ORDER BY kind, code) FILTER (WHERE balance <> 0))
    FROM account WHERE member_id = p_member
$$;

-- The writer. The caller holds the wallet's lock and has decided; this records, guards and chains.
CREATE FUNCTION ledger_write(
    p_header ledger_header, p_legs ledger_leg[], p_grants ledger_grant[], p_takes ledger_take[], p_refusal json)
RETURNS TABLE (transfer_id bigint, result text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_id bigint := nextval('transfer_id_seq');
    v_recorded timestamptz;
    v_seq bigint;
    v_version bigint;
    v_head bytea;
    v_accounts bigint[];
    v_units text[];
    v_amounts bigint[];
    v_guarded boolean[];
    v_after bigint[];
    v_count bigint;
    v_text text;
    v_canonical text;
    v_result json;
    v_fingerprint bytea := sha256(convert_to(p_header.request, 'UTF8'));
BEGIN
    IF p_refusal IS NOT NULL THEN
        p_header.reverses := NULL;  -- it reversed nothing
    END IF;
    SELECT seq + 1, version + (p_refusal IS NULL)::int, head, greatest(recorded_at, p_header.recorded_at)
    INTO STRICT v_seq, v_version, v_head, v_recorded
    FROM wallet WHERE member_id = p_header.member_id;

    SELECT array_agg(a ORDER BY a), array_agg(u ORDER BY a), array_agg(x ORDER BY a), array_agg(g ORDER BY a)
    INTO v_accounts, v_units, v_amounts, v_guarded
    FROM (SELECT account_id AS a, unit AS u, sum(amount)::bigint AS x, guarded AS g
          FROM unnest(p_legs) GROUP BY 1, 2, 4 HAVING sum(amount) <> 0) AS legs;

    IF v_accounts IS NOT NULL THEN
        WITH moved AS (
            UPDATE account SET balance = balance + m.x
            FROM (SELECT * FROM unnest(v_accounts, v_amounts, v_guarded) AS leg (a, x, g) WHERE g) AS m
            WHERE account.id = m.a AND (may_go_negative OR balance + m.x >= 0)
            RETURNING account.id, balance
        )
        SELECT array_agg(moved.balance ORDER BY leg.a), count(moved.id) INTO v_after, v_count
        FROM unnest(v_accounts) AS leg (a) LEFT JOIN moved ON moved.id = leg.a;
        IF v_count <> (SELECT count(*) FROM unnest(v_guarded) AS g WHERE g) THEN
            RAISE EXCEPTION 'an account of member % would go below zero', p_header.member_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;

    v_canonical := concat_ws(E'\n', 'zhanggui-ledger-1', v_id, ledger_line(p_header.key), p_header.kind,
        ledger_line(p_header.store_id), ledger_line(p_header.actor), p_header.member_id, v_seq,
        ledger_micros(p_header.occurred_at), ledger_micros(v_recorded), ledger_line(p_header.memo),
        coalesce(p_header.reverses::text, ''), encode(v_fingerprint, 'hex'));

    IF p_takes IS NOT NULL THEN
        WITH taken AS (
            UPDATE lot SET remaining = remaining - t.amount FROM unnest(p_takes) AS t
            WHERE lot.id = t.lot_id RETURNING lot.id, t.amount
        ), used AS (
            INSERT INTO lot_use (transfer_id, lot_id, amount) SELECT v_id, id, amount FROM taken RETURNING 1
        )
        SELECT string_agg(format('u %s %s', id, amount), E'\n' ORDER BY id), count(*) INTO v_text, v_count FROM taken;
        IF v_count <> cardinality(p_takes) THEN
            RAISE EXCEPTION 'a lot named twice or unknown, member %', p_header.member_id;
        END IF;
        v_canonical := concat_ws(E'\n', v_canonical, v_text);
    END IF;
    IF p_grants IS NOT NULL THEN
        WITH granted AS (
            INSERT INTO lot (account_id, transfer_id, store_id, amount, remaining, expires_at)
            SELECT account_id, v_id, store_id, amount, amount, expires_at FROM unnest(p_grants)
            RETURNING id, account_id, store_id, amount, expires_at
        )
        SELECT string_agg(format('g %s %s %s %s %s', id, account_id, amount, ledger_micros(expires_at),
                                 ledger_line(store_id)), E'\n' ORDER BY id)
        INTO v_text FROM granted;
        v_canonical := concat_ws(E'\n', v_canonical, v_text);
    END IF;
    IF v_accounts IS NOT NULL THEN
        INSERT INTO posting (account_id, transfer_id, unit, amount, balance_after)
        SELECT a, v_id, u, x, b FROM unnest(v_accounts, v_units, v_amounts, v_after) AS p (a, u, x, b);
        SELECT string_agg(format('p %s %s %s %s', a, ledger_line(u), x, b), E'\n' ORDER BY a) INTO v_text
        FROM unnest(v_accounts, v_units, v_amounts, v_after) AS p (a, u, x, b);
        v_canonical := concat_ws(E'\n', v_canonical, v_text);
    END IF;

    v_result := coalesce(p_refusal, ledger_result(p_header.member_id, v_version));
    v_canonical := concat_ws(E'\n', v_canonical, ledger_line(v_result::text));
    v_head := sha256(v_head || sha256(convert_to(v_canonical, 'UTF8')));

    INSERT INTO transfer (id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,
                          memo, reverses, refused, result, seq, hash)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, p_header.key, v_fingerprint, p_header.request::json, p_header.kind, p_header.store_id,
            p_header.actor, p_header.member_id, p_header.occurred_at, v_recorded, p_header.memo,
            p_header.reverses, p_refusal ->> 'refused', v_result, v_seq, v_head);
    UPDATE wallet SET version = v_version, seq = v_seq, head = v_head, recorded_at = v_recorded
    WHERE member_id = p_header.member_id;
    RETURN QUERY SELECT v_id, v_result::text;
END $$;

-- Expires the lots of one member that are due. The caller holds the wallet's lock.
CREATE FUNCTION ledger_expire_due(p_member bigint, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_lot record;
    v_count int := 0;
    v_request text;
BEGIN
    FOR v_lot IN
        SELECT l.id, l.account_id, l.remaining, l.store_id, l.expires_at, a.kind, a.code, a.unit
        FROM account a JOIN lot l ON l.account_id = a.id
        WHERE a.member_id = p_member AND l.remaining > 0 AND l.expires_at <= p_now
        ORDER BY l.expires_at, l.id
    LOOP
        v_request := json_build_object('lot', v_lot.id, 'amount', v_lot.remaining)::text;
        PERFORM ledger_write(
            ROW('expire:' || v_lot.id || ':' || (SELECT seq + 1 FROM wallet WHERE member_id = p_member), 'expiry',
                v_lot.store_id, 'system', p_member, v_lot.expires_at, p_now, '', NULL, v_request)::ledger_header,
            ARRAY[ROW(v_lot.account_id, v_lot.unit, -v_lot.remaining, true)::ledger_leg,
                  ROW(ledger_shop_account(v_lot.store_id, 'breakage', v_lot.code, v_lot.unit),
                      v_lot.unit, v_lot.remaining, false)::ledger_leg],
            NULL, ARRAY[ROW(v_lot.id, v_lot.remaining)::ledger_take], NULL);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;

-- First to expire, first out: which lots give `p_needs` (account → amount).
CREATE FUNCTION ledger_draw(p_accounts bigint[], p_amounts bigint[]) RETURNS ledger_take[] LANGUAGE sql AS $$
    SELECT array_agg(ROW(id, least(remaining, need - before))::ledger_take ORDER BY id)
    FROM (
        SELECT l.id, l.remaining, n.need,
               (sum(l.remaining) OVER (PARTITION BY l.account_id ORDER BY l.expires_at NULLS LAST, l.id)
                - l.remaining)::bigint AS before
        FROM unnest(p_accounts, p_amounts) AS n (account_id, need)
        JOIN lot l ON l.account_id = n.account_id AND l.remaining > 0
    ) AS open_lots
    WHERE before < need
$$;

-- How much of a payment from stored value comes out of the paid-in money; the rest is gift money.
CREATE FUNCTION ledger_paid_in_share(p_amount bigint, p_paid_in bigint, p_gift bigint, p_order text)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_order
        WHEN 'paid_in_first' THEN least(p_amount, p_paid_in)
        WHEN 'gift_first' THEN p_amount - least(p_amount, p_gift)
        WHEN 'pro_rata' THEN
            CASE WHEN p_paid_in + p_gift = 0 THEN 0
                 ELSE div(p_amount::numeric * p_paid_in, p_paid_in::numeric + p_gift)::bigint END
    END
$$;

-- Locks wallets in the order of their ids, so that two members' transfers cannot wait for each other.
CREATE FUNCTION ledger_lock(p_members bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM wallet WHERE member_id = ANY (p_members) ORDER BY member_id FOR UPDATE;
END $$;

-- Claims a key: waits for whoever works under it, then returns its transfer when there is one.
CREATE FUNCTION ledger_claim(p_key text) RETURNS TABLE (transfer_id bigint, fingerprint bytea, request text,
                                                        refused text, result text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 0));
    RETURN QUERY SELECT t.id, t.fingerprint, t.request::text, t.refused, t.result::text
                 FROM transfer t WHERE t.key = p_key;
END $$;

-- For events that read before they write: claims the key, locks the wallets, expires what is due.
-- False: the key is known, and `ledger_post` will give the first answer again.
CREATE FUNCTION ledger_begin(p_key text, p_members bigint[], p_now timestamptz) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM * FROM ledger_claim(p_key);
    IF FOUND THEN RETURN false; END IF;
    PERFORM ledger_lock(p_members);
    PERFORM ledger_expire_due(member_id, p_now) FROM (
        SELECT DISTINCT member_id FROM unnest(p_members) AS m (member_id) ORDER BY 1) AS members;
    RETURN true;
END $$;

-- A business event in one call: claims the key, locks the wallet, expires what is due, checks, posts or refuses.
-- p_plan (ledger/book/plan.py): grants [{kind, code, unit, amount, expires_at, store, against, against_code}],
-- stored {amount, order}, uses [{kind, code, amount, against, against_code}],
-- takes [{lot, amount, against, against_code}] (negative: gives back), shop [{kind, code, unit, amount, store}],
-- lines [{...}], or refuse {refused, detail} when it was decided before. `against` names the shop's account on the other side; without it the plan has a leg under `shop`.
-- A grant that is `lotless` (a debt) makes no lot.
-- Status: posted, refused, or conflict (result is then the request first made under the key).
CREATE FUNCTION ledger_post(p_header ledger_header, p_expected bigint, p_plan jsonb)
RETURNS TABLE (status text, transfer_id bigint, replayed boolean, result text) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_known record;
    v_version bigint;
    v_closed boolean;
    v_refusal json;
    v_legs ledger_leg[];
    v_grants ledger_grant[];
    v_takes ledger_take[];
    v_drawn ledger_take[];
    v_item record;
    v_account record;
    v_gift record;
    v_accounts bigint[] := '{}';
    v_amounts bigint[] := '{}';
    v_total bigint;
    v_part bigint;
    v_done record;
BEGIN
    SELECT * INTO v_known FROM ledger_claim(p_header.key);
    IF FOUND THEN
        IF v_known.fingerprint <> sha256(convert_to(p_header.request, 'UTF8')) THEN
            RETURN QUERY SELECT 'conflict', v_known.transfer_id, true, v_known.request;
        ELSE
            RETURN QUERY SELECT CASE WHEN v_known.refused IS NULL THEN 'posted' ELSE 'refused' END,
                                v_known.transfer_id, true, v_known.result;
        END IF;
        RETURN;
    END IF;

    SELECT version, closed INTO v_version, v_closed FROM wallet WHERE member_id = p_header.member_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'member % has no wallet', p_header.member_id USING ERRCODE = 'no_data_found';
    END IF;
    v_version := v_version + ledger_expire_due(p_header.member_id, p_header.recorded_at);
    IF v_closed THEN
        v_refusal := json_build_object('refused', 'closed', 'detail', json_build_object());
    ELSIF p_plan ? 'refuse' THEN
        v_refusal := (p_plan -> 'refuse')::json;
    ELSIF p_expected <> v_version THEN
        v_refusal := json_build_object('refused', 'changed', 'detail',
            json_build_object('expected_version', p_expected, 'version', v_version));
    END IF;

    IF v_refusal IS NULL AND p_plan ? 'stored' THEN
        SELECT id, balance INTO STRICT v_account FROM account
        WHERE member_id = p_header.member_id AND kind = 'paid_in' AND code = '';
        SELECT id, balance INTO STRICT v_gift FROM account
        WHERE member_id = p_header.member_id AND kind = 'gift' AND code = '';
        v_total := (p_plan #>> '{stored,amount}')::bigint;
        IF v_total > v_account.balance + v_gift.balance THEN
            v_refusal := json_build_object('refused', 'insufficient', 'detail', json_build_object(
                'what', 'stored', 'needed', v_total, 'available', v_account.balance + v_gift.balance));
        ELSE
            v_part := ledger_paid_in_share(v_total, v_account.balance, v_gift.balance, p_plan #>> '{stored,order}');
            v_accounts := ARRAY[v_account.id, v_gift.id];
            v_amounts := ARRAY[v_part, v_total - v_part];
            v_legs := ARRAY[
                ROW(v_account.id, 'fen', -v_part, true),
                ROW(ledger_shop_account(p_header.store_id, 'revenue', 'paid_in', 'fen'), 'fen', v_part, false),
                ROW(v_gift.id, 'fen', v_part - v_total, true),
                ROW(ledger_shop_account(p_header.store_id, 'revenue', 'gift', 'fen'), 'fen', v_total - v_part, false)
            ]::ledger_leg[];
        END IF;
    END IF;

    IF v_refusal IS NULL AND p_plan ? 'uses' THEN
        FOR v_item IN SELECT * FROM jsonb_to_recordset(p_plan -> 'uses')
            AS u (kind text, code text, amount bigint, against text, against_code text)
        LOOP
            SELECT id, balance, unit INTO v_account FROM account
            WHERE member_id = p_header.member_id AND kind = v_item.kind AND code = v_item.code;
            IF NOT FOUND OR v_account.balance < v_item.amount THEN
                v_refusal := json_build_object('refused', 'insufficient', 'detail', json_build_object(
                    'what', v_item.kind, 'code', v_item.code, 'needed', v_item.amount,
                    'available', coalesce(v_account.balance, 0)));
                EXIT;
            END IF;
            v_accounts := v_accounts || v_account.id;
            v_amounts := v_amounts || v_item.amount;
            v_legs := v_legs || ROW(v_account.id, v_account.unit, -v_item.amount, true)::ledger_leg
                || ROW(ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code, v_account.unit),
                       v_account.unit, v_item.amount, false)::ledger_leg;
        END LOOP;
    END IF;

    IF v_refusal IS NULL AND p_plan ? 'takes' THEN
        FOR v_item IN SELECT t.*, l.account_id, l.remaining, l.store_id, a.unit, a.kind, a.member_id
            FROM jsonb_to_recordset(p_plan -> 'takes') AS t (lot bigint, amount bigint, against text, against_code text)
            LEFT JOIN lot l ON l.id = t.lot LEFT JOIN account a ON a.id = l.account_id
        LOOP
            IF v_item.member_id IS DISTINCT FROM p_header.member_id THEN
                RAISE EXCEPTION 'lot % is not of member %', v_item.lot, p_header.member_id;
            END IF;
            IF v_item.remaining < v_item.amount THEN
                v_refusal := json_build_object('refused', 'insufficient', 'detail', json_build_object(
                    'what', v_item.kind, 'lot', v_item.lot, 'needed', v_item.amount, 'available', v_item.remaining));
                EXIT;
            END IF;
            v_takes := v_takes || ROW(v_item.lot, v_item.amount)::ledger_take;
            v_legs := v_legs || ROW(v_item.account_id, v_item.unit, -v_item.amount, true)::ledger_leg;
            IF v_item.against IS NOT NULL THEN
                v_legs := v_legs || ROW(ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code,
                                                            v_item.unit),
                                        v_item.unit, v_item.amount, false)::ledger_leg;
            END IF;
        END LOOP;
    END IF;

    IF v_refusal IS NULL THEN
        IF v_accounts <> '{}' THEN
            v_drawn := ledger_draw(v_accounts, v_amounts);
            v_takes := v_takes || v_drawn;
            IF (SELECT coalesce(sum(amount), 0) FROM unnest(v_drawn))
               <> (SELECT sum(x) FROM unnest(v_amounts) AS x) THEN
                RAISE EXCEPTION 'the lots of member % do not add up to the balance', p_header.member_id;
            END IF;
            -- Paid-in money spent in another store than it was paid in: that store owes it to this one.
            FOR v_item IN SELECT l.store_id, sum(t.amount)::bigint AS amount
                FROM unnest(v_drawn) AS t JOIN lot l ON l.id = t.lot_id
                WHERE p_plan ? 'stored' AND l.account_id = v_accounts[1] AND l.store_id <> p_header.store_id
                GROUP BY 1 ORDER BY 1
            LOOP
                v_legs := v_legs
                    || ROW(ledger_shop_account(v_item.store_id, 'settlement', p_header.store_id, 'fen'),
                           'fen', v_item.amount, false)::ledger_leg
                    || ROW(ledger_shop_account(p_header.store_id, 'settlement', v_item.store_id, 'fen'),
                           'fen', -v_item.amount, false)::ledger_leg;
            END LOOP;
        END IF;
        FOR v_item IN SELECT * FROM jsonb_to_recordset(p_plan -> 'grants')
            AS g (kind text, code text, unit text, amount bigint, expires_at timestamptz, store text,
                  against text, against_code text, lotless boolean)
        LOOP
            v_part := ledger_member_account(p_header.member_id, v_item.kind, v_item.code, v_item.unit);
            v_legs := v_legs || ROW(v_part, v_item.unit, v_item.amount, true)::ledger_leg;
            IF v_item.against IS NOT NULL THEN
                v_legs := v_legs || ROW(ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code,
                                                            v_item.unit),
                                        v_item.unit, -v_item.amount, false)::ledger_leg;
            END IF;
            IF v_item.lotless IS NOT TRUE THEN
                v_grants := v_grants || ROW(v_part, v_item.amount, v_item.expires_at,
                                            coalesce(v_item.store, p_header.store_id))::ledger_grant;
            END IF;
        END LOOP;
        FOR v_item IN SELECT * FROM jsonb_to_recordset(p_plan -> 'shop')
            AS s (kind text, code text, unit text, amount bigint, store text)
        LOOP
            v_legs := v_legs || ROW(ledger_shop_account(coalesce(v_item.store, p_header.store_id), v_item.kind,
                                                        v_item.code, v_item.unit),
                                    v_item.unit, v_item.amount, false)::ledger_leg;
        END LOOP;
        SELECT w.* INTO v_done FROM ledger_write(p_header, v_legs, v_grants, v_takes, NULL) AS w;
        INSERT INTO purchase_line (transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen)
        SELECT v_done.transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen
        FROM jsonb_to_recordset(p_plan -> 'lines') AS i (line int, item_id text, name text, category text,
                                                        quantity int, list_fen bigint, paid_fen bigint);
        RETURN QUERY SELECT 'posted', v_done.transfer_id, false, v_done.result;
    ELSE
        SELECT w.* INTO v_done FROM ledger_write(p_header, NULL, NULL, NULL, v_refusal) AS w;
        RETURN QUERY SELECT 'refused', v_done.transfer_id, false, v_done.result;
    END IF;
END $$;

-- Expires what is due in up to p_limit wallets, in the order of their ids, passing by wallets that are busy.
CREATE FUNCTION ledger_expire_some(p_now timestamptz, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_member bigint;
    v_count int := 0;
BEGIN
    FOR v_member IN
        SELECT member_id FROM wallet WHERE member_id IN (
            SELECT a.member_id FROM lot l JOIN account a ON a.id = l.account_id
            WHERE l.remaining > 0 AND l.expires_at <= p_now
            ORDER BY l.expires_at LIMIT p_limit)
        ORDER BY member_id FOR UPDATE SKIP LOCKED
    LOOP
        v_count := v_count + ledger_expire_due(v_member, p_now);
    END LOOP;
    RETURN v_count;
END $$;

-- The last link of a wallet's chain written at or before a moment, 0 when there is none. `recorded_at` never goes
-- back within a wallet, so this halves the chain until it is found: 17 steps for 100,000 transfers.
CREATE FUNCTION ledger_seq_at(p_member bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_low bigint := 0;
    v_high bigint;
    v_middle bigint;
BEGIN
    SELECT seq INTO v_high FROM wallet WHERE member_id = p_member;
    WHILE v_low < v_high LOOP
        v_middle := (v_low + v_high + 1) / 2;
        IF (SELECT recorded_at FROM transfer WHERE member_id = p_member AND seq = v_middle) <= p_at THEN
            v_low := v_middle;
        ELSE
            v_high := v_middle - 1;
        END IF;
    END LOOP;
    RETURN v_low;
END $$;
