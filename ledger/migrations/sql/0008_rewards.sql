-- Vouchers, referrals and the codes shown at the counter.

-- What a member got for points and has not fetched yet. Code, content and dates are as they were at the
-- redemption: a later shop.yml does not change what was promised. The points are in the book (`transfer_id`).
CREATE TABLE voucher (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code        text NOT NULL CONSTRAINT voucher_code UNIQUE CHECK (code ~ '^[A-Z][2-9A-Z]{7}$'),
    member_id   bigint NOT NULL REFERENCES member,
    transfer_id bigint NOT NULL CONSTRAINT voucher_of_transfer UNIQUE,  -- the points spent
    reward_id   text NOT NULL,
    name        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('goods', 'service', 'cash')),
    item_id     text,
    value_fen   bigint CHECK (value_fen > 0),  -- money off, of the whole voucher
    quantity    int NOT NULL CHECK (quantity > 0),
    points      bigint NOT NULL CHECK (points > 0),
    gives_back  boolean NOT NULL,  -- the points come back when it expires
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'expired', 'cancelled')),
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL CHECK (expires_at > issued_at),
    ended_at    timestamptz,
    used_by     bigint REFERENCES staff,
    used_store  text,
    used_key    text UNIQUE,  -- of the confirmation: said twice, it is used once
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state = 'used') = (used_key IS NOT NULL AND used_store IS NOT NULL))
);
CREATE INDEX voucher_open ON voucher (member_id, expires_at) WHERE state = 'open';
CREATE INDEX voucher_due ON voucher (expires_at) WHERE state = 'open';

-- What became of each voucher, for ever: the row above says only how it stands.
CREATE TABLE voucher_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    voucher_id  bigint NOT NULL REFERENCES voucher,
    what        text NOT NULL CHECK (what IN ('issued', 'used', 'expired', 'cancelled')),
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    transfer_id bigint  -- points spent, or given back
);
CREATE INDEX voucher_event_of ON voucher_event (voucher_id);

-- Codes that a member shows to pay with his card: one use, one minute. Only the hash is kept; of a member the
-- newest is the only one that works.
CREATE TABLE pay_code (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code_hash  text NOT NULL CONSTRAINT pay_code_hash UNIQUE,
    member_id  bigint NOT NULL REFERENCES member,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    bigint REFERENCES staff
);
CREATE INDEX pay_code_of_member ON pay_code (member_id, expires_at) WHERE used_at IS NULL;

-- Wrong codes typed by staff, counted against guessing.
CREATE TABLE code_miss (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff,
    what     text NOT NULL CHECK (what IN ('voucher', 'pay_code')),
    at       timestamptz NOT NULL
);
CREATE INDEX code_miss_of_staff ON code_miss (staff_id, what, at);

-- A member's own scene in WeChat's QR code. The address in the code is temporary and made anew before it ends.
CREATE TABLE referral_code (
    member_id  bigint PRIMARY KEY REFERENCES member,
    scene      text NOT NULL CONSTRAINT referral_scene UNIQUE,
    url        text,
    expires_at timestamptz  -- of the address
);

-- Who brought whom: one inviter for life, one level (WeChat's rules and the law on pyramid selling). Written
-- when a newcomer follows by a member's code; it earns nothing until the newcomer pays.
CREATE TABLE referral (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invitee_openid text NOT NULL CONSTRAINT referral_one_inviter UNIQUE,
    inviter_id     bigint NOT NULL REFERENCES member,
    invitee_id     bigint UNIQUE REFERENCES member,  -- known once the newcomer has a card and paid
    followed_at    timestamptz NOT NULL,
    state          text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'waiting', 'held', 'granted', 'taken_back', 'refused')),
    cause          text NOT NULL DEFAULT '',  -- why held, refused or taken back, or why a side got nothing
    transfer_id    bigint,       -- the payment that earned it
    earned_at      timestamptz,
    due_at         timestamptz,  -- waiting: granted then, after the refund window
    settled_at     timestamptz,
    CHECK (inviter_id <> invitee_id),
    CHECK (state NOT IN ('waiting', 'held', 'granted') OR (transfer_id IS NOT NULL AND invitee_id IS NOT NULL))
);
CREATE INDEX referral_of_inviter ON referral (inviter_id, followed_at);
CREATE INDEX referral_due ON referral (due_at) WHERE state = 'waiting';
CREATE INDEX referral_held ON referral (id) WHERE state = 'held';
CREATE INDEX referral_of_transfer ON referral (transfer_id) WHERE transfer_id IS NOT NULL;

-- What each side got, in the book, and what became of it when it had to come back.
CREATE TABLE referral_grant (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id bigint NOT NULL REFERENCES referral,
    side        text NOT NULL CHECK (side IN ('inviter', 'newcomer')),
    member_id   bigint NOT NULL REFERENCES member,
    transfer_id bigint UNIQUE,    -- NULL: coupons only
    content     json NOT NULL,     -- points, gift_fen, entitlements, coupons: as given
    granted_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX referral_grant_once ON referral_grant (referral_id, side);

-- Every step of every referral, for ever.
CREATE TABLE referral_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id bigint NOT NULL REFERENCES referral,
    what        text NOT NULL,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    detail      json NOT NULL DEFAULT '{}'
);
CREATE INDEX referral_event_of ON referral_event (referral_id);

-- A message of the outbox that is a picture: what is drawn is made when it is sent. Its text is what the picture
-- says in words, for when it cannot be made.
CREATE TABLE message_picture (
    message_id bigint PRIMARY KEY REFERENCES message,
    kind       text NOT NULL CHECK (kind IN ('voucher', 'pay_code', 'member_code', 'poster')),
    subject    text NOT NULL CHECK (length(subject) <= 100)  -- code, number or member id; a pay code is wiped once sent
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['voucher_event', 'referral_event', 'referral_grant'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['voucher', 'referral'] LOOP
        EXECUTE format('CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
END $$;
