-- The rules archive, reasons of transfers, instalments and levels.

-- Every version of shop.yml that was ever in use, so that an old transfer can be explained by the rules of its day.
CREATE TABLE rules (
    version       text PRIMARY KEY CHECK (version ~ '^[0-9a-f]{12}$'),
    content       json NOT NULL,         -- the whole definition with its defaults; money in fen
    first_used_at timestamptz NOT NULL
);

-- Why a transfer gave and took what it did: the tier, the level price, the coupon, in the words of the rules.
-- Written with the transfer. No foreign keys: a key's lock on the one row of `rules` would serialise the shop.
CREATE TABLE transfer_reason (
    transfer_id   bigint PRIMARY KEY,
    rules_version text NOT NULL,
    reasons       json NOT NULL          -- [{"code": "tier", "values": {...}}, ...] in the order they were decided
);

-- Gift money promised by a top-up for later months; nothing is the member's before it is posted.
CREATE TABLE instalment (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id          bigint NOT NULL,
    source_transfer_id bigint NOT NULL,       -- the top-up that promised it
    number             int NOT NULL CHECK (number > 0),  -- 2 is the second of the tier's instalments
    store_id           text NOT NULL,         -- where it was promised
    due_at             timestamptz NOT NULL,
    gift_fen           bigint NOT NULL CHECK (gift_fen > 0),
    state              text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'posted', 'cancelled')),
    settled_at         timestamptz,
    posted_transfer_id bigint,
    UNIQUE (source_transfer_id, number),
    CONSTRAINT instalment_settled CHECK ((state = 'open') = (settled_at IS NULL)),
    CONSTRAINT instalment_posted CHECK ((state = 'posted') = (posted_transfer_id IS NOT NULL))
);
CREATE INDEX instalment_due ON instalment (due_at) WHERE state = 'open';
CREATE INDEX instalment_of_member ON instalment (member_id);

-- A promise changes once, from open to posted or cancelled, and in nothing else.
CREATE FUNCTION instalment_changes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' OR NEW.state = 'open'
       OR (NEW.member_id, NEW.source_transfer_id, NEW.number, NEW.store_id, NEW.due_at, NEW.gift_fen)
          IS DISTINCT FROM
          (OLD.member_id, OLD.source_transfer_id, OLD.number, OLD.store_id, OLD.due_at, OLD.gift_fen) THEN
        RAISE EXCEPTION 'instalment % is settled or would become another', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_once BEFORE UPDATE ON instalment FOR EACH ROW EXECUTE FUNCTION instalment_changes_once();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON instalment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The levels a member has had, with what made each; the newest row is the level he holds.
CREATE TABLE member_level (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   bigint NOT NULL,
    level       text NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz,             -- valid before this moment, then judged anew; NULL: for ever
    cause       json NOT NULL,           -- {"by": "top_up", "transfer": 12, ...}
    CONSTRAINT member_level_span CHECK (until > since)
);
CREATE INDEX member_level_newest ON member_level (member_id, id DESC);
CREATE INDEX member_level_ending ON member_level (until) WHERE until IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['rules', 'transfer_reason', 'member_level'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
END $$;
