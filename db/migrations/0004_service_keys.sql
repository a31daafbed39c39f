-- The platform's services authenticate with these; only a keyed hash of the key is kept.
-- Shared by all accounts: a reference table where the database is distributed.
CREATE TABLE service_key (
    prefix       text        NOT NULL PRIMARY KEY CHECK (prefix ~ '^kk_[a-z2-7]{8}$'),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    secret_hash  bytea       NOT NULL CHECK (length(secret_hash) = 32),
    scopes       text[]      NOT NULL CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CHECK (expires_at > created_at)
);
