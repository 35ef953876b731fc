-- `ledger_post`, the one door of the book, over the functions of 0001_functions.sql.

CREATE FUNCTION ledger_refusal_short(p_what text, p_code text, p_needed bigint, p_available bigint)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object('refused', 'insufficient', 'detail', json_strip_nulls(json_build_object(
        'what', p_what, 'code', p_code, 'needed', p_needed, 'available', p_available)))
$$;

-- The accounts of a plan's grants that are not there yet; an account that is counted in another unit is refused.
CREATE FUNCTION ledger_make_accounts(p_header ledger_header, p_grants jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_item record;
BEGIN
    FOR v_item IN SELECT * FROM jsonb_to_recordset(p_grants)
        AS g (kind text, code text, unit text, against text, against_code text)
    LOOP
        PERFORM ledger_member_account(p_header.member_id, v_item.kind, v_item.code, v_item.unit);
        IF v_item.against IS NOT NULL THEN
            PERFORM ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code, v_item.unit);
        END IF;
    END LOOP;
END $$;

-- A business event in one call: claims the key, locks the wallet, expires what is due, checks, posts or refuses.
-- p_plan (made in ledger/book): grants [{kind, code, unit, amount, expires_at, store, against, against_code}],
-- stored {amount, order}, uses [{kind, code, amount, against, against_code}],
-- takes [{lot, amount, against, against_code}] (negative: gives back), shop [{kind, code, unit, amount, store}],
-- lines [{...}], or refuse {refused, detail} when it was decided before. `against` names the shop's account on the
-- other side; without it the plan has a leg under `shop`. A grant that is `lotless` (a debt) makes no lot.
--
-- Status: posted, refused, or conflict (result is then the request first made under the key).
CREATE FUNCTION ledger_post(p_header ledger_header, p_expected bigint, p_plan jsonb,
                            OUT status text, OUT transfer_id bigint, OUT replayed boolean, OUT result text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    w ledger_wallet;
    v_known record;
    v_refusal json;
    v_work ledger_work;
    v_accounts bigint[] := '{}';
    v_units text[] := '{}';
    v_amounts bigint[] := '{}';
    v_grant_accounts bigint[];
    v_grant_amounts bigint[];
    v_grant_expiries timestamptz[];
    v_grant_stores text[];
    v_take_lots bigint[];
    v_take_amounts bigint[];
    v_draw_accounts bigint[] := '{}';
    v_draw_amounts bigint[] := '{}';
    v_drawn record;
    v_item record;
    v_place int;
    v_gift_place int;
    v_missing boolean;
    v_total bigint;
    v_part bigint;
    v_written ledger_written;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_header.key, 0));
    SELECT t.id, t.fingerprint, t.request::text AS request, t.refused, t.result::text AS result INTO v_known
    FROM transfer t WHERE t.key = p_header.key;
    IF FOUND THEN
        transfer_id := v_known.id;
        replayed := true;
        IF v_known.fingerprint <> sha256(convert_to(p_header.request, 'UTF8')) THEN
            status := 'conflict';
            result := v_known.request;
        ELSE
            status := CASE WHEN v_known.refused IS NULL THEN 'posted' ELSE 'refused' END;
            result := v_known.result;
        END IF;
        RETURN;
    END IF;
    replayed := false;

    w := ledger_lock_wallet(p_header.member_id);
    IF w.version IS NULL THEN
        RAISE EXCEPTION 'member % has no wallet', p_header.member_id USING ERRCODE = 'no_data_found';
    END IF;
    IF w.next_expiry <= p_header.recorded_at THEN
        PERFORM ledger_expire_due(p_header.member_id, p_header.recorded_at);
        w := ledger_lock_wallet(p_header.member_id);
    END IF;
    IF w.closed THEN
        v_refusal := '{"refused": "closed", "detail": {}}';
    ELSIF p_plan ? 'refuse' THEN
        v_refusal := (p_plan -> 'refuse')::json;
    ELSIF p_expected <> w.version THEN
        v_refusal := json_build_object('refused', 'changed', 'detail',
            json_build_object('expected_version', p_expected, 'version', w.version));
    END IF;

    IF v_refusal IS NULL AND p_plan ? 'stored' THEN
        v_place := array_position(w.kinds, 'paid_in');
        v_gift_place := array_position(w.kinds, 'gift');
        v_total := (p_plan #>> '{stored,amount}')::bigint;
        IF v_total > w.balances[v_place] + w.balances[v_gift_place] THEN
            v_refusal := ledger_refusal_short('stored', NULL, v_total, w.balances[v_place] + w.balances[v_gift_place]);
        ELSE
            v_part := ledger_paid_in_share(v_total, w.balances[v_place], w.balances[v_gift_place],
                                           p_plan #>> '{stored,order}');
            v_draw_accounts := ARRAY[w.accounts[v_place], w.accounts[v_gift_place]];
            v_draw_amounts := ARRAY[v_part, v_total - v_part];
            v_accounts := v_draw_accounts
                || ledger_shop_account(p_header.store_id, 'revenue', 'paid_in', 'fen')
                || ledger_shop_account(p_header.store_id, 'revenue', 'gift', 'fen');
            v_units := ARRAY['fen', 'fen', 'fen', 'fen'];
            v_amounts := ARRAY[-v_part, v_part - v_total, v_part, v_total - v_part];
        END IF;
    END IF;

    IF v_refusal IS NULL AND p_plan ? 'uses' THEN
        FOR v_item IN SELECT * FROM jsonb_to_recordset(p_plan -> 'uses')
            AS u (kind text, code text, amount bigint, against text, against_code text)
        LOOP
            v_place := NULL;
            FOR n IN 1..cardinality(w.accounts) LOOP
                IF w.kinds[n] = v_item.kind AND w.codes[n] = v_item.code THEN v_place := n; END IF;
            END LOOP;
            IF v_place IS NULL OR w.balances[v_place] < v_item.amount THEN
                v_refusal := ledger_refusal_short(v_item.kind, v_item.code, v_item.amount,
                                                  coalesce(w.balances[v_place], 0));
                EXIT;
            END IF;
            v_draw_accounts := v_draw_accounts || w.accounts[v_place];
            v_draw_amounts := v_draw_amounts || v_item.amount;
            v_accounts := v_accounts || w.accounts[v_place]
                || ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code, w.units[v_place]);
            v_units := v_units || w.units[v_place] || w.units[v_place];
            v_amounts := v_amounts || -v_item.amount || v_item.amount;
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
                v_refusal := ledger_refusal_short(v_item.kind, '', v_item.amount, v_item.remaining);
                EXIT;
            END IF;
            v_take_lots := v_take_lots || v_item.lot;
            v_take_amounts := v_take_amounts || v_item.amount;
            v_accounts := v_accounts || v_item.account_id;
            v_units := v_units || v_item.unit;
            v_amounts := v_amounts || -v_item.amount;
            IF v_item.against IS NOT NULL THEN
                v_accounts := v_accounts
                    || ledger_shop_account(p_header.store_id, v_item.against, v_item.against_code, v_item.unit);
                v_units := v_units || v_item.unit;
                v_amounts := v_amounts || v_item.amount;
            END IF;
        END LOOP;
    END IF;

    IF v_refusal IS NOT NULL THEN
        v_written := ledger_write(p_header, w, NULL, v_refusal);
        status := 'refused';
        transfer_id := v_written.transfer_id;
        result := v_written.result;
        RETURN;
    END IF;

    IF v_draw_accounts <> '{}' THEN
        v_drawn := ledger_draw(v_draw_accounts, v_draw_amounts);
        v_take_lots := v_take_lots || v_drawn.lots;
        v_take_amounts := v_take_amounts || v_drawn.amounts;
        IF p_plan ? 'stored' THEN
            -- Paid-in money spent in another store than it was paid in: that store owes it to this one.
            FOR v_item IN SELECT l.store_id, sum(t.amount)::bigint AS amount
                FROM unnest(v_drawn.lots, v_drawn.amounts) AS t (lot_id, amount) JOIN lot l ON l.id = t.lot_id
                WHERE l.account_id = v_draw_accounts[1] AND l.store_id <> p_header.store_id
                GROUP BY 1 ORDER BY 1
            LOOP
                v_accounts := v_accounts
                    || ledger_shop_account(v_item.store_id, 'settlement', p_header.store_id, 'fen')
                    || ledger_shop_account(p_header.store_id, 'settlement', v_item.store_id, 'fen');
                v_units := v_units || ARRAY['fen', 'fen'];
                v_amounts := v_amounts || v_item.amount || -v_item.amount;
            END LOOP;
        END IF;
    END IF;
    IF p_plan ? 'grants' THEN
        LOOP
            SELECT v_accounts || array_agg(own.id) || array_agg(shop.id) FILTER (WHERE g.against IS NOT NULL),
                   v_units || array_agg(g.unit) || array_agg(g.unit) FILTER (WHERE g.against IS NOT NULL),
                   v_amounts || array_agg(g.amount) || array_agg(-g.amount) FILTER (WHERE g.against IS NOT NULL),
                   array_agg(own.id) FILTER (WHERE g.lotless IS NOT TRUE),
                   array_agg(g.amount) FILTER (WHERE g.lotless IS NOT TRUE),
                   array_agg(g.expires_at) FILTER (WHERE g.lotless IS NOT TRUE),
                   array_agg(coalesce(g.store, p_header.store_id)) FILTER (WHERE g.lotless IS NOT TRUE),
                   bool_or(own.unit IS DISTINCT FROM g.unit OR (g.against IS NOT NULL AND shop.id IS NULL))
            INTO v_work.leg_accounts, v_work.leg_units, v_work.leg_amounts, v_grant_accounts, v_grant_amounts,
                 v_grant_expiries, v_grant_stores, v_missing
            FROM jsonb_to_recordset(p_plan -> 'grants')
                AS g (kind text, code text, unit text, amount bigint, expires_at timestamptz, store text,
                      against text, against_code text, lotless boolean)
            LEFT JOIN account own ON own.member_id = p_header.member_id AND own.kind = g.kind AND own.code = g.code
            LEFT JOIN account shop ON shop.store_id = p_header.store_id AND shop.kind = g.against
                AND shop.code = g.against_code AND shop.unit = g.unit AND shop.member_id IS NULL;
            EXIT WHEN v_missing IS NOT TRUE;
            PERFORM ledger_make_accounts(p_header, p_plan -> 'grants');
            w := ledger_lock_wallet(p_header.member_id);
        END LOOP;
        v_accounts := v_work.leg_accounts;
        v_units := v_work.leg_units;
        v_amounts := v_work.leg_amounts;
    END IF;
    IF p_plan ? 'shop' THEN
        FOR v_item IN SELECT * FROM jsonb_to_recordset(p_plan -> 'shop')
            AS s (kind text, code text, unit text, amount bigint, store text)
        LOOP
            v_accounts := v_accounts || ledger_shop_account(coalesce(v_item.store, p_header.store_id), v_item.kind,
                                                            v_item.code, v_item.unit);
            v_units := v_units || v_item.unit;
            v_amounts := v_amounts || v_item.amount;
        END LOOP;
    END IF;

    v_work := ROW(v_accounts, v_units, v_amounts, v_grant_accounts, v_grant_amounts, v_grant_expiries,
                  v_grant_stores, v_take_lots, v_take_amounts)::ledger_work;
    v_written := ledger_write(p_header, w, v_work, NULL);
    status := 'posted';
    transfer_id := v_written.transfer_id;
    result := v_written.result;
    IF p_plan ? 'lines' THEN
        INSERT INTO purchase_line (transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen)
        SELECT v_written.transfer_id, line, item_id, name, category, quantity, list_fen, paid_fen
        FROM jsonb_to_recordset(p_plan -> 'lines') AS i (line int, item_id text, name text, category text,
                                                        quantity int, list_fen bigint, paid_fen bigint);
    END IF;
END $$;
