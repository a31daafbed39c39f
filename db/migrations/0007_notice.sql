-- Whom to tell what: an account's settings, what it was told of, and what is still to be delivered.

-- Append-only: the latest version of a kind holds.
CREATE TABLE setting (
    account_id  uuid        NOT NULL REFERENCES account,
    kind        text        NOT NULL
        CHECK (kind IN ('LOW_BALANCE_ALERT', 'AUTO_RECHARGE', 'REMINDER_RECIPIENTS', 'WEBHOOK')),
    version     integer     NOT NULL CHECK (version >= 1),
    value       jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    PRIMARY KEY (account_id, kind, version)
);

-- A mark that a cycle's usage has reached: a percentage of what was bought, or a low balance.
-- It is reached once for each `arming`.
CREATE TABLE reminder (
    account_id   uuid        NOT NULL REFERENCES account,
    meter        text        NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    cycle        integer     NOT NULL CHECK (cycle >= 0),
    mark         text        NOT NULL,
    arming       integer     NOT NULL CHECK (arming >= 0),
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, meter, cycle, mark, arming)
);

-- A purchase lifted a mark above the usage that had reached it: it can be reached again.
CREATE TABLE rearming (
    account_id  uuid        NOT NULL REFERENCES account,
    meter       text        NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    cycle       integer     NOT NULL CHECK (cycle >= 0),
    mark        text        NOT NULL,
    arming      integer     NOT NULL CHECK (arming >= 1),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, meter, cycle, mark, arming)
);

-- The queue of what is to be delivered: first a notice, written with what causes it; when it is due
-- and still holds, a letter for each target takes its place. Claimed across accounts, so that it
-- is a local table where the database is distributed.
CREATE TABLE outbox (
    outbox_id   uuid        NOT NULL PRIMARY KEY,
    account_id  uuid        NOT NULL,
    payload     jsonb       NOT NULL,
    target      text, -- an address of e-mail or the web; NULL for a notice
    language    text,
    due_at      timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    state       text        NOT NULL DEFAULT 'PENDING'
        CHECK (state IN ('PENDING', 'DONE', 'DROPPED', 'DEAD')),
    error       text,
    recorded_at timestamptz NOT NULL,
    settled_at  timestamptz,
    CHECK ((state = 'PENDING') = (settled_at IS NULL))
);

CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'PENDING';
CREATE INDEX outbox_dead ON outbox (recorded_at, outbox_id) WHERE state = 'DEAD';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE state IN ('DONE', 'DROPPED');
