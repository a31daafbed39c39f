-- What closed cycles came to, written once: they keep these numbers.

CREATE TABLE statement (
    account_id  uuid        NOT NULL REFERENCES account,
    cycle       integer     NOT NULL CHECK (cycle >= 0),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, cycle)
);

-- One line per channel (`amount` and `n` are conversations) or feature (micro-euros, charges).
CREATE TABLE statement_line (
    account_id uuid    NOT NULL,
    cycle      integer NOT NULL,
    meter      text    NOT NULL CHECK (meter IN ('CONVERSATIONS', 'CARRIER')),
    label      text    NOT NULL,
    amount     bigint  NOT NULL,
    n          bigint  NOT NULL,
    PRIMARY KEY (account_id, cycle, meter, label),
    FOREIGN KEY (account_id, cycle) REFERENCES statement
);
