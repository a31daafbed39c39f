-- What happened (facts, append-only) and what follows from it (derived, can be rebuilt).

CREATE TABLE event (
    account_id      uuid        NOT NULL REFERENCES account,
    source          text        NOT NULL,
    event_id        text        NOT NULL,
    type            text        NOT NULL CHECK (type IN ('message', 'carrier_charge')),
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    -- message
    contact         text,
    channel         text,
    direction       text CHECK (direction IN ('inbound', 'outbound')),
    automated       boolean,
    kind            text,
    counts          boolean     NOT NULL,
    -- carrier_charge
    feature         text,
    amount_micros   bigint CHECK (amount_micros >= 0),
    currency        text,
    quantity_micros bigint,
    unit            text,
    -- One key for both types: whatever comes under a known id is a duplicate.
    PRIMARY KEY (account_id, source, event_id),
    CHECK (CASE type
        WHEN 'message' THEN num_nulls(contact, channel, direction, automated, kind) = 0
            AND num_nonnulls(feature, amount_micros, currency, quantity_micros, unit) = 0
        ELSE num_nulls(feature, amount_micros, currency) = 0
            AND num_nonnulls(contact, channel, direction, automated, kind) = 0
            AND NOT counts
    END)
);

-- Every counting message may become the start of a window one day.
CREATE INDEX event_counting ON event (account_id, contact, channel, occurred_at) WHERE counts;

CREATE INDEX event_charge ON event (account_id, occurred_at, feature) INCLUDE (amount_micros)
    WHERE type = 'carrier_charge';

CREATE TABLE conversation (
    account_id uuid        NOT NULL REFERENCES account,
    contact    text        NOT NULL,
    channel    text        NOT NULL,
    opened_at  timestamptz NOT NULL,
    closes_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, contact, channel, opened_at),
    CHECK (closes_at = opened_at + interval '168 hours')
);

CREATE INDEX conversation_closing ON conversation (account_id, closes_at, channel);

-- Index-only scans need the visibility map of rows just inserted.
ALTER TABLE conversation SET (autovacuum_vacuum_insert_scale_factor = 0.02);

-- Rollups by local day: `day` is the instant at which the day starts.
CREATE TABLE conversation_day (
    account_id uuid        NOT NULL REFERENCES account,
    day        timestamptz NOT NULL,
    channel    text        NOT NULL,
    n          integer     NOT NULL,
    PRIMARY KEY (account_id, day, channel) INCLUDE (n)
);

CREATE TABLE charge_day (
    account_id    uuid        NOT NULL REFERENCES account,
    day           timestamptz NOT NULL,
    feature       text        NOT NULL,
    amount_micros bigint      NOT NULL,
    n             integer     NOT NULL,
    PRIMARY KEY (account_id, day, feature) INCLUDE (amount_micros, n)
);

-- The channels and features an account has used: they are limited in number.
CREATE TABLE label (
    account_id uuid NOT NULL REFERENCES account,
    kind       text NOT NULL CHECK (kind IN ('CHANNEL', 'FEATURE')),
    name       text NOT NULL CHECK (name ~ '^[A-Z0-9_]{1,32}$'),
    PRIMARY KEY (account_id, kind, name)
);

-- What one event changed in a closed cycle, booked in the cycle in which it arrived.
CREATE TABLE adjustment (
    account_id    uuid        NOT NULL REFERENCES account,
    adjustment_id uuid        NOT NULL,
    meter         text        NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    label         text        NOT NULL,
    change        bigint      NOT NULL,
    reason        text        NOT NULL CHECK (reason IN ('LATE', 'REVERSAL')),
    cycle         integer     NOT NULL CHECK (cycle >= 0),
    booked_cycle  integer     NOT NULL CHECK (booked_cycle > cycle),
    source        text        NOT NULL,
    event_id      text        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, adjustment_id),
    CHECK (change <> 0 OR meter = 'CARRIER') -- a charge of nothing is still a charge
);

CREATE INDEX adjustment_booked ON adjustment (account_id, booked_cycle);
CREATE INDEX adjustment_cycle ON adjustment (account_id, cycle);
CREATE INDEX adjustment_event ON adjustment (account_id, source, event_id);
