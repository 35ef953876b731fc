-- Bookings, rosters and waiting lists. A comment at each table says why it exists.

-- One appointment of a member. What it takes of people and rooms is in `booking_unit`, what happened to it in
-- `booking_event`. A hold that ran out keeps its units until somebody else wants them, or the sweep comes.
CREATE TABLE booking (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL UNIQUE CHECK (length(key) <= 300),
    member_id     bigint NOT NULL REFERENCES member,
    service_id    text NOT NULL,
    store_id      text NOT NULL,
    technicians   text[] NOT NULL,             -- the first is the member's, the others serve who comes along
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    resources     text[] NOT NULL,             -- all it takes, from taken_from to taken_until, buffers included
    taken_from    timestamptz NOT NULL,
    taken_until   timestamptz NOT NULL,
    people        int NOT NULL CHECK (people BETWEEN 1 AND 50),
    state         text NOT NULL CHECK (state IN ('held', 'booked', 'arrived', 'no_show', 'cancelled',
                                                 'late_cancelled', 'moved', 'expired')),
    hold_until    timestamptz,
    moving        bigint REFERENCES booking,   -- the booking this one takes the place of
    terms         jsonb NOT NULL,              -- price, pack and deposit as they were shown
    deposit_transfer_id bigint,
    created_by    text NOT NULL,               -- member:12 or staff:3
    created_at    timestamptz NOT NULL,
    CHECK (taken_from <= starts_at AND starts_at < ends_at AND ends_at <= taken_until),
    CHECK ((state = 'held') = (hold_until IS NOT NULL))
);
CREATE INDEX booking_of_member ON booking (member_id, starts_at) WHERE state IN ('held', 'booked');
CREATE INDEX booking_of_store ON booking (store_id, starts_at);
CREATE INDEX booking_held ON booking (hold_until) WHERE state = 'held';
-- Two moves of one booking cannot both be booked.
CREATE UNIQUE INDEX booking_moved_once ON booking (moving) WHERE moving IS NOT NULL AND state = 'booked';

-- A technician's time that the shop takes: leave, a training, a machine being repaired.
CREATE TABLE booking_block (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE CHECK (length(key) <= 300),
    resource     text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('leave', 'block')),
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    reason       text NOT NULL CHECK (length(reason) <= 100),
    staff_id     bigint NOT NULL REFERENCES staff,
    created_at   timestamptz NOT NULL,
    cancelled_at timestamptz,
    CHECK (starts_at < ends_at)
);
CREATE INDEX booking_block_time ON booking_block (resource, ends_at) WHERE cancelled_at IS NULL;

-- Who or what is taken in which quarter of an hour. The primary key is the promise that nothing is booked twice:
-- whoever books inserts the units in ascending order, so that two who want the same wait for one another at
-- the first of them, and never in a circle.
CREATE TABLE booking_unit (
    resource   text NOT NULL,
    starts_at  timestamptz NOT NULL CHECK (extract(epoch FROM starts_at)::bigint % 900 = 0),
    booking_id bigint REFERENCES booking,
    block_id   bigint REFERENCES booking_block,
    PRIMARY KEY (resource, starts_at),
    CHECK ((booking_id IS NULL) <> (block_id IS NULL))
);
CREATE INDEX booking_unit_of_booking ON booking_unit (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX booking_unit_of_block ON booking_unit (block_id) WHERE block_id IS NOT NULL;

-- What happened to a booking, one row a change, never altered; a key makes the change happen once.
CREATE TABLE booking_event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id bigint NOT NULL REFERENCES booking,
    what       text NOT NULL,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    key        text UNIQUE CHECK (length(key) <= 300),
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX booking_event_of ON booking_event (booking_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON booking_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Wishes that could not be met: the first that fits is told, once, when a time frees.
CREATE TABLE booking_wait (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL UNIQUE CHECK (length(key) <= 300),
    member_id     bigint NOT NULL REFERENCES member,
    service_id    text NOT NULL,
    store_id      text,
    technician_id text,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    grain         text NOT NULL,
    people        int NOT NULL CHECK (people BETWEEN 1 AND 50),
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'ended')),
    created_at    timestamptz NOT NULL,
    told_at       timestamptz,
    CHECK (starts_at < ends_at)
);
CREATE INDEX booking_wait_open ON booking_wait (id) WHERE state = 'waiting';
