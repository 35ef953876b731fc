-- Campaigns: whom a rule chose, once an occasion, and who was held out of it.

-- Whom a campaign chose. The unique key is the promise: one effect a member, rule and occasion, whatever runs twice
-- and however often the rule is edited. Who is held out has a row too: the lift is measured against it.
CREATE TABLE campaign_member (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign        text NOT NULL CHECK (length(campaign) <= 40),
    occasion        text NOT NULL CHECK (length(occasion) BETWEEN 1 AND 100),
    member_id       bigint NOT NULL,     -- no foreign key: a sweep of a million rows would look up each
    held_out        boolean NOT NULL,    -- stable: by the hash of campaign and member
    state           text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'granted', 'dropped')),
    reason          text NOT NULL DEFAULT '',    -- why it was dropped
    facts           json NOT NULL,               -- why the member was chosen, as the message may say it
    transfer_id     bigint,                      -- the purchase or top-up that was the event
    coupon_ids      bigint[] NOT NULL DEFAULT '{}',
    rules_version   text NOT NULL,               -- chosen under
    granted_version text,                        -- given under: a rule edited meanwhile
    planned_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    failures        int NOT NULL DEFAULT 0,
    settled_at      timestamptz,
    CONSTRAINT campaign_once UNIQUE (campaign, member_id, occasion),
    CONSTRAINT campaign_settled CHECK ((state = 'planned') = (settled_at IS NULL)),
    CONSTRAINT campaign_held_out_gets_nothing CHECK (state = 'planned' OR NOT held_out)
) WITH (fillfactor = 80);
CREATE INDEX campaign_member_due ON campaign_member (due_at, id) WHERE state = 'planned' AND NOT held_out;
CREATE INDEX campaign_member_of ON campaign_member (member_id, planned_at);

-- What each sweep chose, for the owner's list: counts only.
CREATE TABLE campaign_run (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign      text NOT NULL CHECK (length(campaign) <= 40),
    occasion_day  date NOT NULL,          -- the shop's day
    rules_version text NOT NULL,
    treated       bigint NOT NULL CHECK (treated >= 0),
    held_out      bigint NOT NULL CHECK (held_out >= 0),
    ran_at        timestamptz NOT NULL,
    CONSTRAINT campaign_run_of_day UNIQUE (campaign, occasion_day, rules_version)
);

-- How far the events (purchases, top-ups, levels) have been looked at, so that each is looked at once.
CREATE TABLE campaign_watermark (
    campaign  text PRIMARY KEY CHECK (length(campaign) <= 40),
    upto_id   bigint NOT NULL,            -- of the transfer, or of the member's level
    moved_at  timestamptz NOT NULL
);

-- What was chosen does not change; a row is settled once, and no row goes away.
CREATE FUNCTION campaign_member_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'planned' OR (NEW.campaign, NEW.occasion, NEW.member_id, NEW.held_out, NEW.planned_at)
       IS DISTINCT FROM (OLD.campaign, OLD.occasion, OLD.member_id, OLD.held_out, OLD.planned_at) THEN
        RAISE EXCEPTION 'campaign member % is settled or would become another', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_once BEFORE UPDATE ON campaign_member
    FOR EACH ROW EXECUTE FUNCTION campaign_member_changes();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON campaign_member
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
