-- Records around the book. They may change; what matters of their changes is in `act`.

CREATE TABLE member (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (length(name) <= 50),
    phone         text CHECK (phone ~ '^[0-9]{5,15}$'),
    phone_proven  boolean NOT NULL DEFAULT false,  -- by a code; else it was entered by staff
    birthday      date,
    gender        text CHECK (gender IN ('female', 'male')),
    home_store_id text NOT NULL,
    level         text NOT NULL,
    joined_at     timestamptz NOT NULL,
    muted         boolean NOT NULL DEFAULT false,  -- wants no reminders and campaigns
    merged_into   bigint REFERENCES member
);
CREATE UNIQUE INDEX member_phone ON member (phone) WHERE phone IS NOT NULL AND merged_into IS NULL;
ALTER TABLE wallet ADD CONSTRAINT wallet_of_member FOREIGN KEY (member_id) REFERENCES member;

CREATE TABLE binding (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    openid     text NOT NULL,
    member_id  bigint NOT NULL REFERENCES member,
    bound_at   timestamptz NOT NULL,
    unbound_at timestamptz
);
CREATE UNIQUE INDEX binding_of_openid ON binding (openid) WHERE unbound_at IS NULL;
CREATE UNIQUE INDEX binding_of_member ON binding (member_id) WHERE unbound_at IS NULL;

CREATE TABLE contact (
    openid      text PRIMARY KEY,
    following   boolean NOT NULL,
    followed_at timestamptz,
    left_at     timestamptz,
    scene       text NOT NULL DEFAULT '',  -- of the first QR code followed: the inviter's, once
    heard_at    timestamptz                -- last message or tap, which opens WeChat's 48 hours
);

CREATE TABLE staff (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL CHECK (length(name) <= 50),
    role       text NOT NULL CHECK (role IN ('cashier', 'manager', 'head_office', 'owner')),
    store_id   text,  -- NULL: every store
    active     boolean NOT NULL DEFAULT true,
    openid     text,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX staff_openid ON staff (openid) WHERE active AND openid IS NOT NULL;

CREATE TABLE staff_invitation (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code_hash   text NOT NULL UNIQUE,
    role        text NOT NULL CHECK (role IN ('cashier', 'manager', 'head_office', 'owner')),
    store_id    text,
    name        text NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    accepted_at timestamptz,
    staff_id    bigint REFERENCES staff
);

CREATE TABLE phone_code (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    openid     text NOT NULL,
    phone      text NOT NULL,
    code_hash  text NOT NULL,
    issued_by  text NOT NULL,  -- 'sms' or the staff member who showed it
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts   int NOT NULL DEFAULT 0,
    used_at    timestamptz
);
CREATE INDEX phone_code_openid ON phone_code (openid, created_at);
CREATE INDEX phone_code_phone ON phone_code (phone, created_at);

CREATE TABLE message (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL UNIQUE CHECK (length(key) <= 300),
    openid     text NOT NULL,
    member_id  bigint REFERENCES member,
    kind       text NOT NULL,
    text       text NOT NULL CHECK (length(text) <= 2048),
    state      text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
    due_at     timestamptz NOT NULL,
    attempts   int NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    claimed_at timestamptz,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz
);
CREATE INDEX message_waiting ON message (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_openid ON message (openid, created_at);
CREATE INDEX message_member ON message (member_id, created_at);

CREATE TABLE act (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id    bigint REFERENCES staff,
    actor       text NOT NULL,   -- as on the transfer; also for acts of the system
    what        text NOT NULL,
    at          timestamptz NOT NULL,
    origin      text NOT NULL,   -- openid or address it came from
    key         text NOT NULL,
    store_id    text,
    member_id   bigint,
    transfer_id bigint,
    detail      json NOT NULL DEFAULT '{}'
);
CREATE INDEX act_at ON act (at);
CREATE INDEX act_member ON act (member_id, at) WHERE member_id IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
