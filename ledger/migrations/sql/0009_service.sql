-- What a person asked a person: a ticket is open until somebody of the shop has dealt with it (feature A10).
CREATE TABLE ticket (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL UNIQUE CHECK (length(key) <= 300),
    openid      text NOT NULL,
    member_id   bigint REFERENCES member,
    store_id    text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('human', 'complaint')),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
    opened_at   timestamptz NOT NULL,
    waits_since timestamptz,           -- the last word of the member that nobody has answered; NULL: answered
    reminded_at timestamptz,           -- when the member was told that it takes longer, once per wait
    closed_at   timestamptz,
    CONSTRAINT ticket_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT ticket_waiting CHECK ((state = 'open') = (waits_since IS NOT NULL))
);
-- One conversation with the shop at a time: what is said more goes to the same ticket.
CREATE UNIQUE INDEX ticket_of_openid ON ticket (openid) WHERE state <> 'closed';
CREATE INDEX ticket_waits ON ticket (waits_since) WHERE state = 'open';

-- Every word of it, for whoever takes over and for a dispute later.
CREATE TABLE ticket_line (
    ticket_id bigint NOT NULL REFERENCES ticket,
    line      int NOT NULL,
    at        timestamptz NOT NULL,
    said_by   text NOT NULL CHECK (said_by IN ('member', 'assistant', 'staff')),
    staff_id  bigint REFERENCES staff,
    text      text NOT NULL CHECK (length(text) <= 1000),
    key       text UNIQUE CHECK (length(key) <= 300),  -- of the message that said it; NULL: said before the ticket
    PRIMARY KEY (ticket_id, line)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ticket_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A top-up that a member has chosen in the chat and pays at the counter: the code spares staff the typing. It books
-- nothing; the top-up itself is quoted and confirmed as any other.
CREATE TABLE top_up_order (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL CHECK (length(code) = 4),
    member_id  bigint NOT NULL REFERENCES member,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    placed_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz  -- paid, replaced by another, or given up; NULL: open until it expires
);
CREATE UNIQUE INDEX top_up_order_code ON top_up_order (code) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX top_up_order_member ON top_up_order (member_id) WHERE ended_at IS NULL;
