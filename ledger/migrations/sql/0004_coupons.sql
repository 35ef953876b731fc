-- Coupons given to members. A coupon is worth money, so the database itself keeps that it is used once.

-- One row a coupon. Its kind is kept as it was on the day of issue: an edited shop.yml changes no coupon in hand.
CREATE TABLE coupon (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id          bigint NOT NULL REFERENCES member,
    kind_id            text NOT NULL CHECK (length(kind_id) <= 40),
    kind_content       json NOT NULL,
    source_key         text NOT NULL CHECK (length(source_key) BETWEEN 1 AND 300),  -- what gave it, once
    number             int NOT NULL CHECK (number BETWEEN 1 AND 1000),              -- which one of that gift
    source_transfer_id bigint REFERENCES transfer,  -- the booking that gave it, when one did: undone with it
    store_id           text NOT NULL,               -- where it was given
    issued_at          timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL CHECK (expires_at > issued_at),  -- usable before this moment
    state              text NOT NULL DEFAULT 'open'
                       CHECK (state IN ('open', 'reserved', 'used', 'expired', 'taken_back')),
    reserved_for       text CHECK (length(reserved_for) <= 300),
    reserved_until     timestamptz,
    used_transfer_id   bigint REFERENCES transfer,
    changed_at         timestamptz NOT NULL,
    CONSTRAINT coupon_given_once UNIQUE (source_key, kind_id, number),
    CONSTRAINT coupon_used_for CHECK ((state = 'used') = (used_transfer_id IS NOT NULL)),
    CONSTRAINT coupon_reserved_for CHECK (
        (state = 'reserved') = (reserved_for IS NOT NULL) AND (state = 'reserved') = (reserved_until IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX coupon_in_hand ON coupon (member_id, expires_at) WHERE state IN ('open', 'reserved');
CREATE INDEX coupon_of_member ON coupon (member_id, kind_id);
CREATE INDEX coupon_due ON coupon (expires_at) WHERE state IN ('open', 'reserved');
CREATE INDEX coupon_used_by ON coupon (used_transfer_id) WHERE used_transfer_id IS NOT NULL;
CREATE INDEX coupon_given_by ON coupon (source_transfer_id) WHERE source_transfer_id IS NOT NULL;
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON coupon
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What happened to every coupon, in order: written by the trigger below, so nothing happens without a trace.
CREATE TABLE coupon_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    coupon_id   bigint NOT NULL REFERENCES coupon,
    what        text NOT NULL CHECK (what IN ('issued', 'reserved', 'released', 'used', 'given_back', 'expired',
                                              'taken_back', 'moved')),
    at          timestamptz NOT NULL,
    state       text NOT NULL,       -- after it
    member_id   bigint NOT NULL,     -- after it
    transfer_id bigint               -- that gave it, used it, or had used it
);
CREATE INDEX coupon_event_of ON coupon_event (coupon_id, id);
CREATE INDEX coupon_event_transfer ON coupon_event (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coupon_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION coupon_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_what text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO coupon_event (coupon_id, what, at, state, member_id, transfer_id)
        VALUES (NEW.id, 'issued', NEW.changed_at, NEW.state, NEW.member_id, NEW.source_transfer_id);
        RETURN NULL;
    END IF;
    IF (NEW.id, NEW.kind_id, NEW.kind_content::text, NEW.source_key, NEW.number, NEW.store_id, NEW.issued_at,
        NEW.expires_at)
       IS DISTINCT FROM (OLD.id, OLD.kind_id, OLD.kind_content::text, OLD.source_key, OLD.number, OLD.store_id,
        OLD.issued_at, OLD.expires_at) OR NEW.source_transfer_id IS DISTINCT FROM OLD.source_transfer_id THEN
        RAISE EXCEPTION 'coupon %: what was issued does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    v_what := CASE
        WHEN NEW.member_id <> OLD.member_id AND NEW.state = OLD.state THEN 'moved'
        WHEN NEW.state = OLD.state AND NEW.state = 'reserved' THEN 'reserved'
        WHEN OLD.state = 'used' AND NEW.state IN ('open', 'expired') THEN 'given_back'
        WHEN OLD.state = 'reserved' AND NEW.state = 'open' THEN 'released'
        WHEN OLD.state IN ('open', 'reserved') AND NEW.state IN ('reserved', 'used', 'expired', 'taken_back')
            THEN NEW.state
    END;
    IF v_what IS NULL THEN
        RAISE EXCEPTION 'coupon %: from % to % is no way a coupon goes', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO coupon_event (coupon_id, what, at, state, member_id, transfer_id)
    VALUES (NEW.id, v_what, NEW.changed_at, NEW.state, NEW.member_id,
            coalesce(NEW.used_transfer_id, OLD.used_transfer_id));
    RETURN NULL;
END $$;
CREATE TRIGGER written AFTER INSERT OR UPDATE ON coupon FOR EACH ROW EXECUTE FUNCTION coupon_written();
