-- Multipliers of points that a member holds for a time.

-- One row a gift. The unique key is the promise that an event gives it once; what was given does not change.
CREATE TABLE points_multiplier (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id          bigint NOT NULL REFERENCES member,
    factor_percent     int NOT NULL CHECK (factor_percent BETWEEN 101 AND 100000),  -- 200: points count double
    earned_by          text NOT NULL CHECK (earned_by IN ('purchases', 'top_ups', 'all')),
    starts_at          timestamptz NOT NULL,
    ends_at            timestamptz NOT NULL,        -- the first moment without it
    source_key         text NOT NULL UNIQUE CHECK (length(source_key) BETWEEN 1 AND 300),
    source_transfer_id bigint REFERENCES transfer,  -- the entry that it came of, when one did: undone with it
    given_at           timestamptz NOT NULL,
    taken_back_at      timestamptz,
    CHECK (starts_at < ends_at)
);
CREATE INDEX points_multiplier_held ON points_multiplier (member_id, ends_at) WHERE taken_back_at IS NULL;
CREATE INDEX points_multiplier_given_by ON points_multiplier (source_transfer_id)
    WHERE source_transfer_id IS NOT NULL;

CREATE FUNCTION points_multiplier_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.taken_back_at IS NOT NULL
       OR (NEW.id, NEW.factor_percent, NEW.earned_by, NEW.starts_at, NEW.ends_at, NEW.source_key, NEW.given_at)
          IS DISTINCT FROM
          (OLD.id, OLD.factor_percent, OLD.earned_by, OLD.starts_at, OLD.ends_at, OLD.source_key, OLD.given_at)
       OR NEW.source_transfer_id IS DISTINCT FROM OLD.source_transfer_id THEN
        RAISE EXCEPTION 'points multiplier %: what was given does not change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_once BEFORE UPDATE ON points_multiplier
    FOR EACH ROW EXECUTE FUNCTION points_multiplier_changes();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON points_multiplier
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a campaign gave after an entry is found by that entry when it is reversed.
CREATE INDEX campaign_member_event ON campaign_member (transfer_id) WHERE transfer_id IS NOT NULL;
