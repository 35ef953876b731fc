-- Reminders and campaigns. A comment at each table says why it exists.

-- What the shop means to say without being asked. The words are made when it is due, from what is true then; the
-- row is written with the change that causes it, and says for ever why something was sent, or was not.
CREATE TABLE reminder (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 300),  -- kind and occasion: once for each
    member_id  bigint NOT NULL REFERENCES member,
    kind       text NOT NULL CHECK (length(kind) <= 40),
    subject    jsonb NOT NULL DEFAULT '{}',   -- what it is about, as ids
    due_at     timestamptz NOT NULL,
    category   text NOT NULL CHECK (category IN ('service', 'marketing')),
    reason     text NOT NULL CHECK (length(reason) <= 300),  -- why the member gets it, in words for the member
    campaign   text CHECK (length(campaign) <= 40),
    priority   int NOT NULL DEFAULT 0,
    postponed  int NOT NULL DEFAULT 0,        -- how often another message went first
    failures   int NOT NULL DEFAULT 0,        -- how often deciding about it failed
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped')),
    result     text NOT NULL DEFAULT '' CHECK (length(result) <= 300),  -- why dropped, or why it waits longer
    decided_at timestamptz,
    message_id bigint UNIQUE REFERENCES message,  -- sent: in the outbox, which knows whether it arrived
    CONSTRAINT reminder_decided CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CONSTRAINT reminder_sent CHECK ((state = 'sent') = (message_id IS NOT NULL))
) WITH (fillfactor = 80);
-- In the order in which they are taken, for workers that pass over what others hold.
CREATE INDEX reminder_due ON reminder (priority DESC, due_at, id) WHERE state = 'waiting';
CREATE INDEX reminder_waiting_of ON reminder (member_id, category) WHERE state = 'waiting';
CREATE INDEX reminder_sent_to ON reminder (member_id, decided_at) WHERE state = 'sent';
CREATE INDEX reminder_of_campaign ON reminder (campaign, state) WHERE campaign IS NOT NULL;
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON reminder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A kind of message, or a whole category, that a member does not want. `member.muted` is all of them.
CREATE TABLE preference (
    member_id bigint NOT NULL REFERENCES member,
    kind      text NOT NULL CHECK (length(kind) <= 40),
    at        timestamptz NOT NULL,
    PRIMARY KEY (member_id, kind)
);

-- How many subscription notifications an account has allowed, one a tap on WeChat's own question (wechat-protocol
-- §4.3). The platform does not tell the number, so it is counted here.
CREATE TABLE consent (
    openid      text NOT NULL,
    template_id text NOT NULL,
    credits     int NOT NULL CHECK (credits >= 0),
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (openid, template_id)
);
-- Each answer to that question, once however often WeChat delivers it.
CREATE TABLE consent_event (
    key         text PRIMARY KEY CHECK (length(key) <= 300),
    openid      text NOT NULL,
    template_id text NOT NULL,
    what        text NOT NULL CHECK (what IN ('accept', 'reject')),
    at          timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A message that may not be sent now waits for the member's next word.
ALTER TABLE message DROP CONSTRAINT message_state_check;
ALTER TABLE message ADD CONSTRAINT message_state_check
    CHECK (state IN ('queued', 'sending', 'waiting', 'sent', 'failed', 'dropped'));
ALTER TABLE message
    ADD COLUMN category text NOT NULL DEFAULT 'service' CHECK (category IN ('service', 'marketing')),
    ADD COLUMN detail   jsonb,   -- its parts by name, for channels that take fields in place of a text
    ADD COLUMN channel  text;    -- through which it went, or was last tried
CREATE INDEX message_for_next_word ON message (openid, id) WHERE state = 'waiting';

-- WeChat's reply window as far as we know it: what may still be sent, and until when (wechat-protocol §4.1). NULL:
-- never noted, so the platform decides.
ALTER TABLE contact
    ADD COLUMN allowance_left  int CHECK (allowance_left >= 0),
    ADD COLUMN allowance_until timestamptz;

-- For which of the shop's days a daily sweep is done, so that it is made good when the night's job did not run.
CREATE TABLE sweep (
    name text PRIMARY KEY,
    day  date NOT NULL
);
