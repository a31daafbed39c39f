-- What accounts have bound themselves to and bought. Append-only.

-- One row for each change that somebody made to a meter; `version` counts them.
-- A COMMITMENT of `amount` holds from `cycle` on; BLOCKS and TOP_UP add `amount` to `cycle` alone.
-- Amounts are blocks for CONVERSATIONS and micro-euros for CARRIER.
CREATE TABLE meter_change (
    account_id      uuid        NOT NULL REFERENCES account,
    meter           text        NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    version         integer     NOT NULL CHECK (version >= 1),
    kind            text        NOT NULL CHECK (kind IN ('COMMITMENT', 'BLOCKS', 'TOP_UP')),
    cycle           integer     NOT NULL CHECK (cycle >= 0),
    amount          bigint      NOT NULL CHECK (amount >= 0),
    amount_before   bigint      NOT NULL CHECK (amount_before >= 0),
    price_micros    bigint      NOT NULL CHECK (price_micros >= 0),
    effective_at    timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    recorded_by     text        NOT NULL,
    reason          text        NOT NULL,
    PRIMARY KEY (account_id, meter, version),
    CHECK (kind <> 'BLOCKS' OR meter = 'CONVERSATIONS'),
    CHECK (kind <> 'TOP_UP' OR meter = 'CARRIER'),
    CHECK (kind = 'COMMITMENT' OR amount > 0)
);

-- What nobody had to click for: blocks added when a quota was used up, and recharges.
CREATE TABLE automatic_grant (
    account_id   uuid        NOT NULL REFERENCES account,
    grant_id     uuid        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('BLOCKS', 'TOP_UP')),
    cycle        integer     NOT NULL CHECK (cycle >= 0),
    amount       bigint      NOT NULL CHECK (amount > 0),
    price_micros bigint      NOT NULL CHECK (price_micros >= 0),
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    reason       text        NOT NULL,
    PRIMARY KEY (account_id, grant_id)
);

CREATE INDEX automatic_grant_cycle ON automatic_grant (account_id, cycle);

-- What a mutation was asked and what came of it, so that the same key gives the same answer.
CREATE TABLE idempotency (
    account_id  uuid        NOT NULL REFERENCES account,
    key         text        NOT NULL CHECK (key ~ '^[!-~]{1,128}$'),
    mutation    text        NOT NULL,
    input_hash  bytea       NOT NULL CHECK (length(input_hash) = 32),
    outcome     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);
