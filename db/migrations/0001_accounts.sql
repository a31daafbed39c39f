-- Plans, accounts and the terms that hold for them.

-- Shared by all accounts: a reference table where the database is distributed.
CREATE TABLE price_list (
    plan                          text        NOT NULL CHECK (length(plan) BETWEEN 1 AND 64),
    billing_interval              text        NOT NULL CHECK (billing_interval IN ('MONTHLY', 'YEARLY')),
    effective_from                timestamptz NOT NULL,
    included                      integer     NOT NULL CHECK (included >= 0),
    block_price_micros            bigint      NOT NULL CHECK (block_price_micros >= 0),
    surcharge_policy              text        NOT NULL CHECK (surcharge_policy IN ('SURCHARGE_BLOCKS', 'NONE')),
    reminder_percents             integer[]   NOT NULL,
    commitment_blocks_max         integer     NOT NULL CHECK (commitment_blocks_max >= 0),
    purchase_blocks_max           integer     NOT NULL CHECK (purchase_blocks_max >= 0),
    carrier_commitment_micros_min bigint      NOT NULL CHECK (carrier_commitment_micros_min >= 0),
    carrier_commitment_micros_max bigint      NOT NULL,
    top_up_micros_min             bigint      NOT NULL CHECK (top_up_micros_min >= 0),
    top_up_micros_max             bigint      NOT NULL,
    recorded_at                   timestamptz NOT NULL,
    recorded_by                   text        NOT NULL,
    PRIMARY KEY (plan, billing_interval, effective_from),
    CHECK (carrier_commitment_micros_max >= carrier_commitment_micros_min),
    CHECK (top_up_micros_max >= top_up_micros_min)
);

-- account_id is derived from external_id, which makes both unique by one key.
CREATE TABLE account (
    account_id     uuid        NOT NULL PRIMARY KEY,
    external_id    text        NOT NULL CHECK (length(external_id) BETWEEN 1 AND 64),
    name           text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency       text        NOT NULL CHECK (currency = 'EUR'),
    time_zone      text        NOT NULL,
    signed_up_at   timestamptz NOT NULL,
    trial_ends_at  timestamptz,
    backfill_until timestamptz NOT NULL,
    ended_at       timestamptz,
    version        integer     NOT NULL DEFAULT 0,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text        NOT NULL
);

-- Never edited: a later row replaces those that start at its cycle or after.
CREATE TABLE terms (
    account_id       uuid        NOT NULL REFERENCES account,
    seq              integer     NOT NULL CHECK (seq >= 0),
    first_cycle      integer     NOT NULL CHECK (first_cycle >= 0),
    starts_at        timestamptz NOT NULL,
    plan             text        NOT NULL,
    billing_interval text        NOT NULL CHECK (billing_interval IN ('MONTHLY', 'YEARLY')),
    anchor_date      date        NOT NULL,
    time_zone        text        NOT NULL,
    recorded_at      timestamptz NOT NULL,
    recorded_by      text        NOT NULL,
    PRIMARY KEY (account_id, seq)
);
