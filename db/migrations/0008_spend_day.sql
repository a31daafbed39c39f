-- What a local day's charges come to, over all features: a year's balance is a sum of as many rows
-- as it has days. Derived, as the other rollups.
CREATE TABLE spend_day (
    account_id    uuid        NOT NULL REFERENCES account,
    day           timestamptz NOT NULL,
    amount_micros bigint      NOT NULL,
    PRIMARY KEY (account_id, day) INCLUDE (amount_micros)
);

INSERT INTO spend_day (account_id, day, amount_micros)
SELECT account_id, day, sum(amount_micros)
  FROM charge_day
 GROUP BY account_id, day;
