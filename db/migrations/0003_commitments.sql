-- What accounts have bound themselves to and bought. Append-only: this is the ledger.

-- `amount` is in blocks for CONVERSATIONS and in micro-euros for CARRIER.
CREATE TABLE commitment (
    account_id      uuid        NOT NULL REFERENCES account,
    meter           text        NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    version         integer     NOT NULL CHECK (version >= 1),
    effective_cycle integer     NOT NULL CHECK (effective_cycle >= 0),
    amount          bigint      NOT NULL CHECK (amount >= 0),
    recorded_at     timestamptz NOT NULL,
    recorded_by     text        NOT NULL,
    reason          text        NOT NULL,
    PRIMARY KEY (account_id, meter, version)
);

-- Quota or balance added to one cycle: `amount` is in blocks, micro-euros for TOP_UP.
CREATE TABLE quota_grant (
    account_id   uuid        NOT NULL REFERENCES account,
    grant_id     uuid        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('BLOCKS', 'AUTOMATIC_BLOCKS', 'TOP_UP')),
    cycle        integer     NOT NULL CHECK (cycle >= 0),
    amount       bigint      NOT NULL CHECK (amount > 0),
    price_micros bigint      NOT NULL CHECK (price_micros >= 0),
    recorded_at  timestamptz NOT NULL,
    recorded_by  text        NOT NULL,
    reason       text        NOT NULL,
    PRIMARY KEY (account_id, grant_id)
);

CREATE INDEX quota_grant_cycle ON quota_grant (account_id, cycle);
