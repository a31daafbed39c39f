-- Whose name was taken out of an account's messages is not written down: only that it was done, by
-- whom and why. `erasure_id` is what stands in the name's place. Append-only.
CREATE TABLE erasure (
    account_id    uuid        NOT NULL REFERENCES account,
    erasure_id    uuid        NOT NULL,
    messages      bigint      NOT NULL CHECK (messages > 0),
    conversations bigint      NOT NULL CHECK (conversations >= 0),
    recorded_at   timestamptz NOT NULL,
    recorded_by   text        NOT NULL,
    reason        text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    PRIMARY KEY (account_id, erasure_id)
);
