-- Writing the book. The one door is `ledger_post` (0001_post.sql): a business event in one call.
-- The doors force generic plans: every statement goes by a member's, an account's or a transfer's number, so the
-- one plan is the right one for any size of the book, and planning anew at every call costs more than the call.
-- Within a call, values are worked out in variables and arrays; a statement is run only to read or write a table.

CREATE TYPE ledger_header AS (
    key text, kind text, store_id text, actor text, member_id bigint,
    occurred_at timestamptz, recorded_at timestamptz, memo text, reverses bigint, request text);
-- A wallet under its lock, with the member's accounts (all arrays of one length).
CREATE TYPE ledger_wallet AS (
    version bigint, seq bigint, head bytea, recorded_at timestamptz, next_expiry timestamptz, closed boolean,
    accounts bigint[], kinds text[], codes text[], units text[], balances bigint[]);
-- What a transfer does: legs (signed; an account may come twice), lots granted, lots taken from.
CREATE TYPE ledger_work AS (
    leg_accounts bigint[], leg_units text[], leg_amounts bigint[],
    grant_accounts bigint[], grant_amounts bigint[], grant_expiries timestamptz[], grant_stores text[],
    take_lots bigint[], take_amounts bigint[]);
CREATE TYPE ledger_written AS (transfer_id bigint, result text);

-- One field, one line of the canonical bytes.
CREATE FUNCTION ledger_line(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT replace(replace(p_text, E'\\', E'\\\\'), E'\n', E'\\n') $$;

-- Microseconds since 1970. (Not IMMUTABLE: extract is not, and SQL would then not inline it.)
CREATE FUNCTION ledger_micros(p_at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce((extract(epoch FROM p_at) * 1000000)::bigint::text, '') $$;

CREATE FUNCTION ledger_member_account(p_member bigint, p_kind text, p_code text, p_unit text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
    v_unit text;
BEGIN
    SELECT id, unit INTO v_id, v_unit FROM account WHERE member_id = p_member AND kind = p_kind AND code = p_code;
    IF NOT FOUND THEN  -- only the holder of the wallet's lock gets here
        INSERT INTO account (member_id, store_id, kind, code, unit, may_go_negative, balance)
        VALUES (p_member, '', p_kind, p_code, p_unit, p_kind = 'debt', 0) RETURNING id INTO v_id;
    ELSIF v_unit <> p_unit THEN
        RAISE EXCEPTION '% % of member % is counted in %, not in %', p_kind, p_code, p_member, v_unit, p_unit
            USING ERRCODE = 'check_violation';
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

-- Locks a wallet and reads it. NULL: there is no such wallet.
CREATE FUNCTION ledger_lock_wallet(p_member bigint) RETURNS ledger_wallet LANGUAGE plpgsql AS $$
DECLARE w ledger_wallet;
BEGIN
    SELECT version, seq, head, recorded_at, next_expiry, closed
    INTO w.version, w.seq, w.head, w.recorded_at, w.next_expiry, w.closed
    FROM wallet WHERE member_id = p_member FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- A statement of its own: it must see what the holder of the lock before us committed.
    SELECT array_agg(id), array_agg(kind), array_agg(code), array_agg(unit), array_agg(balance)
    INTO w.accounts, w.kinds, w.codes, w.units, w.balances
    FROM account WHERE member_id = p_member;
    RETURN w;
END $$;

-- The writer. The caller holds the wallet's lock and has decided; this records, guards and chains.
CREATE FUNCTION ledger_write(p_header ledger_header, w ledger_wallet, p_work ledger_work, p_refusal json)
RETURNS ledger_written LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := nextval('transfer_id_seq');
    v_seq bigint := w.seq + 1;
    v_version bigint := w.version + (p_refusal IS NULL)::int;
    v_recorded timestamptz := greatest(w.recorded_at, p_header.recorded_at);
    v_next_expiry timestamptz := w.next_expiry;
    v_fingerprint bytea := sha256(convert_to(p_header.request, 'UTF8'));
    v_reverses bigint := CASE WHEN p_refusal IS NULL THEN p_header.reverses END;  -- a refusal reverses nothing
    v_accounts bigint[] := '{}';
    v_units text[] := '{}';
    v_amounts bigint[] := '{}';
    v_after bigint[] := '{}';
    v_place int;
    v_own int;
    v_count bigint;
    v_guarded bigint := 0;
    v_held text;
    v_text text;
    v_canonical text;
    v_result text;
BEGIN
    v_canonical := concat_ws(E'\n', 'zhanggui-ledger-1', v_id, ledger_line(p_header.key), p_header.kind,
        ledger_line(p_header.store_id), ledger_line(p_header.actor), p_header.member_id, v_seq,
        ledger_micros(p_header.occurred_at), ledger_micros(v_recorded), ledger_line(p_header.memo),
        coalesce(v_reverses::text, ''), encode(v_fingerprint, 'hex'));

    IF p_work.take_lots IS NOT NULL THEN
        WITH taken AS (
            UPDATE lot SET remaining = remaining - t.amount
            FROM unnest(p_work.take_lots, p_work.take_amounts) AS t (lot_id, amount)
            WHERE lot.id = t.lot_id RETURNING lot.id, t.amount, lot.expires_at
        ), used AS (
            INSERT INTO lot_use (transfer_id, lot_id, amount) SELECT v_id, id, amount FROM taken
        )
        SELECT string_agg('u ' || id || ' ' || amount, E'\n' ORDER BY id), count(*),
               least(v_next_expiry, min(expires_at) FILTER (WHERE amount < 0))
        INTO v_text, v_count, v_next_expiry FROM taken;
        IF v_count <> cardinality(p_work.take_lots) THEN
            RAISE EXCEPTION 'a lot named twice or unknown, member %', p_header.member_id;
        END IF;
        v_canonical := v_canonical || E'\n' || v_text;
    END IF;

    IF p_work.grant_accounts IS NOT NULL THEN
        WITH granted AS (
            INSERT INTO lot (account_id, transfer_id, store_id, amount, remaining, expires_at)
            SELECT a, v_id, s, x, x, e
            FROM unnest(p_work.grant_accounts, p_work.grant_amounts, p_work.grant_expiries, p_work.grant_stores)
                AS g (a, x, e, s)
            RETURNING id, account_id, store_id, amount, expires_at
        )
        SELECT string_agg(concat_ws(' ', 'g', id, account_id, amount, ledger_micros(expires_at),
                                    ledger_line(store_id)), E'\n' ORDER BY id), least(v_next_expiry, min(expires_at))
        INTO v_text, v_next_expiry FROM granted;
        v_canonical := v_canonical || E'\n' || v_text;
    END IF;

    IF p_work.leg_accounts IS NOT NULL THEN
        FOR n IN 1..cardinality(p_work.leg_accounts) LOOP
            CONTINUE WHEN p_work.leg_amounts[n] = 0;
            v_place := array_position(v_accounts, p_work.leg_accounts[n]);
            IF v_place IS NULL THEN
                v_accounts := v_accounts || p_work.leg_accounts[n];
                v_units := v_units || p_work.leg_units[n];
                v_amounts := v_amounts || p_work.leg_amounts[n];
            ELSE
                v_amounts[v_place] := v_amounts[v_place] + p_work.leg_amounts[n];
            END IF;
        END LOOP;
        FOR n IN 1..cardinality(v_accounts) LOOP
            v_own := array_position(w.accounts, v_accounts[n]);
            IF v_own IS NULL THEN
                v_after := v_after || NULL::bigint;
            ELSE
                w.balances[v_own] := w.balances[v_own] + v_amounts[n];
                v_after := v_after || w.balances[v_own];
                v_guarded := v_guarded + (v_amounts[n] <> 0)::int;
            END IF;
        END LOOP;
        WITH moved AS (
            UPDATE account SET balance = balance + leg.x
            FROM unnest(v_accounts, v_amounts, v_after) AS leg (a, x, b)
            WHERE id = leg.a AND leg.b IS NOT NULL AND leg.x <> 0
              AND balance + leg.x = leg.b AND (may_go_negative OR leg.b >= 0)
            RETURNING 1
        )
        SELECT count(*) INTO v_count FROM moved;
        IF v_count <> v_guarded THEN
            RAISE EXCEPTION 'an account of member % would go below zero', p_header.member_id
                USING ERRCODE = 'check_violation';
        END IF;
        WITH written AS (
            INSERT INTO posting (account_id, transfer_id, unit, amount, balance_after)
            SELECT a, v_id, u, x, b FROM unnest(v_accounts, v_units, v_amounts, v_after) AS p (a, u, x, b)
            WHERE x <> 0 RETURNING account_id, unit, amount, balance_after
        )
        SELECT string_agg('p ' || account_id || ' ' || ledger_line(unit) || ' ' || amount || ' '
                          || coalesce(balance_after::text, ''), E'\n' ORDER BY account_id)
        INTO v_text FROM written;
        v_canonical := concat_ws(E'\n', v_canonical, v_text);
    END IF;

    IF p_refusal IS NULL THEN
        FOR n IN 1..cardinality(w.accounts) LOOP
            CONTINUE WHEN w.balances[n] = 0;
            v_held := concat_ws(', ', v_held, '["' || w.kinds[n] || '", ' || to_json(w.codes[n]) || ', '
                                              || to_json(w.units[n]) || ', ' || w.balances[n] || ']');
        END LOOP;
        v_result := '{"version": ' || v_version || ', "held": [' || coalesce(v_held, '') || ']}';
    ELSE
        v_result := p_refusal::text;
    END IF;
    v_canonical := v_canonical || E'\n' || ledger_line(v_result);
    w.head := sha256(w.head || sha256(convert_to(v_canonical, 'UTF8')));

    INSERT INTO transfer (id, key, fingerprint, request, kind, store_id, actor, member_id, occurred_at, recorded_at,
                          memo, reverses, refused, result, seq, hash)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, p_header.key, v_fingerprint, p_header.request::json, p_header.kind, p_header.store_id,
            p_header.actor, p_header.member_id, p_header.occurred_at, v_recorded, p_header.memo, v_reverses,
            p_refusal ->> 'refused', v_result::json, v_seq, w.head);
    UPDATE wallet SET version = v_version, seq = v_seq, head = w.head, recorded_at = v_recorded,
                      next_expiry = v_next_expiry
    WHERE member_id = p_header.member_id;
    RETURN (v_id, v_result)::ledger_written;
END $$;

-- Expires the lots of one member that are due, each in a transfer of its own; the number of lots.
-- The caller holds the wallet's lock. `next_expiry` is never later than the first open lot's.
CREATE FUNCTION ledger_expire_due(p_member bigint, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_lot record;
    w ledger_wallet;
    v_count int := 0;
    v_request text;
    v_written ledger_written;
BEGIN
    FOR v_lot IN
        SELECT l.id, l.account_id, l.remaining, l.store_id, l.expires_at, a.kind, a.code, a.unit
        FROM account a JOIN lot l ON l.account_id = a.id
        WHERE a.member_id = p_member AND l.remaining > 0 AND l.expires_at <= p_now
        ORDER BY l.expires_at, l.id
    LOOP
        w := ledger_lock_wallet(p_member);
        v_request := json_build_object('lot', v_lot.id, 'amount', v_lot.remaining)::text;
        v_written := ledger_write(
            ROW('expire:' || v_lot.id || ':' || w.seq + 1, 'expiry', v_lot.store_id, 'system', p_member,
                v_lot.expires_at, p_now, '', NULL, v_request)::ledger_header,
            w,
            ROW(ARRAY[v_lot.account_id, ledger_shop_account(v_lot.store_id, 'breakage', v_lot.code, v_lot.unit)],
                ARRAY[v_lot.unit, v_lot.unit], ARRAY[-v_lot.remaining, v_lot.remaining],
                NULL, NULL, NULL, NULL, ARRAY[v_lot.id], ARRAY[v_lot.remaining])::ledger_work,
            NULL);
        v_count := v_count + 1;
    END LOOP;
    UPDATE wallet SET next_expiry = coalesce((
        SELECT min(l.expires_at) FROM account a JOIN lot l ON l.account_id = a.id
        WHERE a.member_id = p_member AND l.remaining > 0), 'infinity')
    WHERE member_id = p_member;
    RETURN v_count;
END $$;

-- First to expire, first out: which lots give what is needed from the accounts.
CREATE FUNCTION ledger_draw(p_accounts bigint[], p_amounts bigint[], OUT lots bigint[], OUT amounts bigint[])
LANGUAGE plpgsql AS $$
BEGIN
    SELECT array_agg(id ORDER BY id), array_agg(least(remaining, need - before) ORDER BY id) INTO lots, amounts
    FROM (
        SELECT l.id, l.remaining, n.need,
               (sum(l.remaining) OVER (PARTITION BY l.account_id ORDER BY l.expires_at NULLS LAST, l.id)
                - l.remaining)::bigint AS before
        FROM unnest(p_accounts, p_amounts) AS n (account_id, need)
        JOIN lot l ON l.account_id = n.account_id AND l.remaining > 0
    ) AS open_lots
    WHERE before < need;
    IF (SELECT coalesce(sum(x), 0) FROM unnest(amounts) AS x) <> (SELECT sum(x) FROM unnest(p_amounts) AS x) THEN
        RAISE EXCEPTION 'the lots of the accounts % do not add up to their balances', p_accounts;
    END IF;
END $$;

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

-- For events that read before they write: claims the key, locks the wallets, expires what is due.
-- False: the key is known, and `ledger_post` will give the first answer again.
CREATE FUNCTION ledger_begin(p_key text, p_members bigint[], p_now timestamptz) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 0));
    PERFORM 1 FROM transfer WHERE key = p_key;
    IF FOUND THEN RETURN false; END IF;
    PERFORM ledger_lock(p_members);
    PERFORM ledger_expire_due(member_id, p_now) FROM (
        SELECT DISTINCT member_id FROM unnest(p_members) AS m (member_id) ORDER BY 1) AS members;
    RETURN true;
END $$;

-- Expires what is due in up to p_limit wallets, in the order of their ids, passing by wallets that are busy.
CREATE FUNCTION ledger_expire_some(p_now timestamptz, p_limit int) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
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
