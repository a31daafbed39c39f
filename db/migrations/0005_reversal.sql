-- What operators took back, each original at most once. Append-only.

-- The event stays as a fact; nothing counts it any more.
CREATE TABLE event_reversal (
    account_id  uuid        NOT NULL REFERENCES account,
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    reason      text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    PRIMARY KEY (account_id, source, event_id),
    FOREIGN KEY (account_id, source, event_id) REFERENCES event
);

-- A purchase or an automatic grant, which counts negatively in `cycle`: its own, or the one that
-- was current when its own was closed.
CREATE TABLE grant_reversal (
    account_id   uuid        NOT NULL REFERENCES account,
    grant_id     text        NOT NULL,
    kind         text        NOT NULL
        CHECK (kind IN ('BLOCKS', 'TOP_UP', 'AUTOMATIC_BLOCKS', 'AUTOMATIC_TOP_UP')),
    cycle        integer     NOT NULL CHECK (cycle >= 0),
    amount       bigint      NOT NULL CHECK (amount > 0),
    price_micros bigint      NOT NULL CHECK (price_micros >= 0),
    recorded_at  timestamptz NOT NULL,
    recorded_by  text        NOT NULL,
    reason       text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    PRIMARY KEY (account_id, grant_id)
);

CREATE INDEX grant_reversal_cycle ON grant_reversal (account_id, cycle);
