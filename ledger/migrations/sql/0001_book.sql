-- The book. Amounts are integers: money in fen, points in points, an entitlement in its own unit ('times:facial').
-- Sign: what a member holds is positive. So a shop account that received money (cash) is negative in the book,
-- and reports turn the sign; revenue is positive.
--
-- CHECKs are few on purpose: PostgreSQL reads each one anew for every statement. Those that keep money from going
-- wrong are here; what only says that our own functions are right is in ledger/book/invariants.py.

CREATE TABLE account (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint,           -- NULL: an account of the shop
    store_id        text NOT NULL,    -- '' for a member's account
    kind            text NOT NULL,
    code            text NOT NULL,    -- payment method, source of revenue, entitlement; '' when there is none
    unit            text NOT NULL,
    may_go_negative boolean NOT NULL,
    balance         bigint,           -- a member's account only; the shop's balances are derived from postings
    CONSTRAINT account_not_negative CHECK (balance >= 0 OR may_go_negative)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX account_of_member ON account (member_id, kind, code) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX account_of_shop ON account (store_id, kind, code, unit) WHERE member_id IS NULL;

-- One row a member: its lock serialises the member's transfers; it carries the head of the member's hash chain.
CREATE TABLE wallet (
    member_id   bigint PRIMARY KEY,
    version     bigint NOT NULL DEFAULT 0,  -- counts posted transfers: what a quote was made on
    seq         bigint NOT NULL DEFAULT 0,  -- counts transfers with the stored refusals: the chain's length
    head        bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    recorded_at timestamptz NOT NULL DEFAULT '-infinity',
    next_expiry timestamptz NOT NULL DEFAULT 'infinity',  -- not later than the first open lot's
    closed      boolean NOT NULL DEFAULT false  -- merged into another member's
) WITH (fillfactor = 70);

CREATE TABLE transfer (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         varchar(300) NOT NULL CONSTRAINT transfer_key UNIQUE,
    fingerprint bytea NOT NULL,         -- sha256 of request
    request     json NOT NULL,          -- what was asked, canonical; json keeps the very bytes
    kind        text NOT NULL,
    store_id    text NOT NULL,
    actor       text NOT NULL,
    member_id   bigint NOT NULL,        -- no foreign key: the wallet's row changes with every transfer
    occurred_at timestamptz NOT NULL,   -- when it happened in the shop
    recorded_at timestamptz NOT NULL,   -- when it was written; never goes back within a wallet
    memo        varchar(500) NOT NULL,
    reverses    bigint,                 -- the transfer that this one undoes
    refused     text,                   -- NULL: posted; else the code of the refusal, and there are no postings
    result      json NOT NULL,          -- balances after it, or the refusal: what a second delivery is told
    seq         bigint NOT NULL,        -- place in the wallet's chain, from 1
    hash        bytea NOT NULL,         -- sha256(hash before || sha256(canonical bytes)), ledger/book/chain.py
    CONSTRAINT transfer_chain UNIQUE (member_id, seq)
);
CREATE UNIQUE INDEX transfer_reversed_once ON transfer (reverses) WHERE reverses IS NOT NULL;

CREATE TABLE posting (
    account_id    bigint NOT NULL,  -- no foreign key: a member's account row changes with every transfer
    transfer_id   bigint NOT NULL,
    unit          text NOT NULL,
    amount        bigint NOT NULL,  -- not zero
    balance_after bigint,           -- of a member's account; NULL for the shop's
    PRIMARY KEY (account_id, transfer_id)
);
CREATE INDEX posting_of_transfer ON posting (transfer_id);

-- What was granted at once with one date of expiry. Paid-in money is a lot too (it never expires): its store and
-- its place beside the gift of the same transfer decide settlement and refund.
CREATE TABLE lot (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL,
    transfer_id bigint NOT NULL,
    store_id    text NOT NULL,      -- where it was granted or paid in
    amount      bigint NOT NULL,
    remaining   bigint NOT NULL,
    expires_at  timestamptz,        -- usable before this moment; NULL: for ever
    CONSTRAINT lot_bounds CHECK (remaining BETWEEN 0 AND amount)
) WITH (fillfactor = 80);
CREATE INDEX lot_open ON lot (account_id, expires_at, id) WHERE remaining > 0;
CREATE INDEX lot_due ON lot (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
CREATE INDEX lot_of_transfer ON lot (transfer_id);

CREATE TABLE lot_use (
    transfer_id bigint NOT NULL,
    lot_id      bigint NOT NULL,
    amount      bigint NOT NULL,  -- not zero; negative: given back by a reversal
    PRIMARY KEY (transfer_id, lot_id)
);
CREATE INDEX lot_use_of_lot ON lot_use (lot_id);

CREATE TABLE purchase_line (
    transfer_id bigint NOT NULL,
    line        int NOT NULL,
    item_id     text NOT NULL,
    name        text NOT NULL,
    category    text NOT NULL,
    quantity    int NOT NULL CHECK (quantity > 0),
    list_fen    bigint NOT NULL CHECK (list_fen >= 0),  -- of the whole line
    paid_fen    bigint NOT NULL CHECK (paid_fen >= 0),  -- of the whole line
    PRIMARY KEY (transfer_id, line)
);

-- Sums of the shop's accounts up to a transfer, so that a balance is a snapshot and a short tail.
CREATE TABLE snapshot (
    account_id       bigint NOT NULL,
    upto_transfer_id bigint NOT NULL,
    balance          bigint NOT NULL,
    recorded_through timestamptz NOT NULL,  -- no transfer in it was recorded later than this
    PRIMARY KEY (account_id, upto_transfer_id)
);

-- The day close's seal: a Merkle root over the heads of the wallets that moved since the seal before.
CREATE TABLE seal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sealed_at   timestamptz NOT NULL,
    wallets     bigint NOT NULL,
    previous    bytea NOT NULL,
    merkle_root bytea NOT NULL,
    root        bytea NOT NULL  -- sha256(previous root || merkle root): what goes to the owner
);
CREATE TABLE seal_leaf (
    member_id bigint NOT NULL,
    seq       bigint NOT NULL,
    seal_id   bigint NOT NULL,
    place     bigint NOT NULL,
    head      bytea NOT NULL,
    PRIMARY KEY (member_id, seq)
);
CREATE UNIQUE INDEX seal_leaf_place ON seal_leaf (seal_id, place);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['transfer', 'posting', 'lot_use', 'purchase_line', 'snapshot', 'seal', 'seal_leaf'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['account', 'wallet', 'lot'] LOOP
        EXECUTE format('CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    END LOOP;
END $$;

-- Every INSERT into posting must balance by itself: per transfer the amounts of each unit sum to zero. The usual
-- one, a single transfer in fen and points, is judged by sums over the whole; grouping costs more.
CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_bad bigint;
BEGIN
    IF (SELECT min(transfer_id) = max(transfer_id) AND count(*) FILTER (WHERE unit NOT IN ('fen', 'points')) = 0
               AND coalesce(sum(amount) FILTER (WHERE unit = 'fen'), 0) = 0
               AND coalesce(sum(amount) FILTER (WHERE unit = 'points'), 0) = 0 FROM added)
    THEN
        RETURN NULL;
    END IF;
    SELECT transfer_id INTO v_bad FROM added GROUP BY transfer_id, unit HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'postings of transfer % do not sum to zero', v_bad USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_balance AFTER INSERT ON posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_postings();
