-- Four eyes and the day close (features B8, C2). What was decided or counted is never changed, only added to.

-- What a day limit sums up: one staff member's booked acts of a day.
CREATE INDEX act_staff ON act (staff_id, at) WHERE transfer_id IS NOT NULL;

CREATE TABLE approval (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL CONSTRAINT approval_key UNIQUE CHECK (length(key) BETWEEN 1 AND 300),
    kind         text NOT NULL,             -- names the executor: top_up, purchase, refund …
    store_id     text NOT NULL,             -- whose manager decides
    requester_id bigint NOT NULL REFERENCES staff,
    member_id    bigint REFERENCES member,
    amount_fen   bigint NOT NULL CHECK (amount_fen >= 0),
    data         json NOT NULL,             -- what the executor books, plain values
    summary      text NOT NULL CHECK (length(summary) BETWEEN 1 AND 500),
    reasons      text[] NOT NULL CHECK (cardinality(reasons) > 0),
    filed_at     timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > filed_at),
    revision     int NOT NULL DEFAULT 0,    -- counts attempts that booked nothing and new quotes
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected', 'expired')),
    decider_id   bigint REFERENCES staff,
    decided_at   timestamptz,
    decision_key text,
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    transfer_id  bigint,                    -- what was booked
    CONSTRAINT approval_four_eyes CHECK (decider_id IS DISTINCT FROM requester_id OR decider_id IS NULL),
    CONSTRAINT approval_decided CHECK (
        (state IN ('approved', 'rejected')) = (decider_id IS NOT NULL AND decision_key IS NOT NULL)
        AND (state = 'waiting') = (decided_at IS NULL)
        AND (state <> 'rejected' OR reason <> '')
        AND (transfer_id IS NULL OR state = 'approved'))
);
COMMENT ON TABLE approval IS 'An entry that needs a second person before it is booked (features C2)';
CREATE INDEX approval_waiting ON approval (store_id, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX approval_transfer ON approval (transfer_id) WHERE transfer_id IS NOT NULL;

-- What is decided stays decided; what was asked for never changes, but for the quote while it waits.
CREATE FUNCTION approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'approval % is decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.key, NEW.kind, NEW.store_id, NEW.requester_id, NEW.amount_fen, NEW.filed_at)
        IS DISTINCT FROM (OLD.key, OLD.kind, OLD.store_id, OLD.requester_id, OLD.amount_fen, OLD.filed_at)
    THEN
        RAISE EXCEPTION 'approval % stands as it was asked for', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION approval_guard();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A transfer belongs to the first close of its store that reaches it: id <= upto_transfer_id and recorded before
-- cutoff. So what is written after the close belongs to the next one, whatever its time says.
CREATE TABLE day_close (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id         text NOT NULL,
    day              date NOT NULL,
    key              text NOT NULL CONSTRAINT day_close_key UNIQUE,
    cutoff           timestamptz NOT NULL,
    upto_transfer_id bigint NOT NULL,
    next_transfer_id bigint NOT NULL,  -- nothing before it is open: where the next close begins to look
    entries          bigint NOT NULL,
    figures          json NOT NULL,    -- as they were told: a table for people, the book stays the truth
    closed_by        bigint NOT NULL REFERENCES staff,
    closed_at        timestamptz NOT NULL,
    seal_id          bigint NOT NULL REFERENCES seal,
    CONSTRAINT day_close_once UNIQUE (store_id, day)
);
COMMENT ON TABLE day_close IS 'A store''s day is over: which entries it holds, and the seal made at that moment (features B8)';

CREATE TABLE day_count (
    close_id       bigint NOT NULL REFERENCES day_close,
    payment_method text NOT NULL,
    revision       int NOT NULL CHECK (revision >= 0),  -- 0: at the close; later: a correction of the count
    booked_fen     bigint NOT NULL,                     -- money in less money out, by the book
    counted_fen    bigint NOT NULL,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    counted_by     bigint NOT NULL REFERENCES staff,
    counted_at     timestamptz NOT NULL,
    key            text NOT NULL,
    PRIMARY KEY (close_id, payment_method, revision),
    CONSTRAINT day_count_reason CHECK (reason <> '' OR (revision = 0 AND booked_fen = counted_fen))
);
COMMENT ON TABLE day_count IS 'What was counted against what was booked; a variance has its reason and stays (features B8)';

CREATE TABLE cashier_count (
    key              text NOT NULL CHECK (length(key) <= 300),
    payment_method   text NOT NULL,
    store_id         text NOT NULL,
    staff_id         bigint NOT NULL REFERENCES staff,
    day              date NOT NULL,      -- of the day close that it goes into
    upto_transfer_id bigint NOT NULL,    -- the newest entry that he saw
    booked_fen       bigint NOT NULL,    -- his own since the store's last close
    counted_fen      bigint NOT NULL,
    reason           text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    counted_at       timestamptz NOT NULL,
    PRIMARY KEY (key, payment_method),
    CONSTRAINT cashier_count_reason CHECK (reason <> '' OR booked_fen = counted_fen)
);
CREATE INDEX cashier_count_of_day ON cashier_count (store_id, day);
COMMENT ON TABLE cashier_count IS 'What a cashier counted when handing over, so that a variance has a place (features B8)';

CREATE TABLE month_close (
    store_id  text NOT NULL,
    month     date NOT NULL CHECK (extract(day FROM month) = 1),
    key       text NOT NULL UNIQUE,
    figures   json NOT NULL,
    closed_by bigint NOT NULL REFERENCES staff,
    closed_at timestamptz NOT NULL,
    seal_id   bigint NOT NULL REFERENCES seal,
    PRIMARY KEY (store_id, month)
);
COMMENT ON TABLE month_close IS 'A store''s month is over, all its days being closed (features B8)';

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['day_close', 'day_count', 'cashier_count', 'month_close'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
END $$;

-- Up to which moment the owner has been told of large and unusual entries; one row.
CREATE TABLE oversight_look (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    looked_through timestamptz NOT NULL
);
COMMENT ON TABLE oversight_look IS 'So that no entry is overlooked when the worker was away (features C2)';
