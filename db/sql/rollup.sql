-- name: add_conversations
-- $1 account ids, $2 days, $3 channels, $4 how many more; sorted by key, no zeros.
INSERT INTO conversation_day AS d (account_id, day, channel, n)
SELECT account_id, day, channel, n
  FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::integer[])
       AS new (account_id, day, channel, n)
ON CONFLICT (account_id, day, channel) DO UPDATE SET n = d.n + excluded.n;

-- name: add_charges
-- $1 account ids, $2 days, $3 features, $4 micro-euros more, $5 charges more; sorted by key.
INSERT INTO charge_day AS d (account_id, day, feature, amount_micros, n)
SELECT account_id, day, feature, amount_micros, n
  FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::integer[])
       AS new (account_id, day, feature, amount_micros, n)
ON CONFLICT (account_id, day, feature) DO UPDATE
   SET amount_micros = d.amount_micros + excluded.amount_micros, n = d.n + excluded.n;

-- name: add_spending
-- $1 account ids, $2 days, $3 micro-euros more; sorted by key.
INSERT INTO spend_day AS d (account_id, day, amount_micros)
SELECT account_id, day, amount_micros
  FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) AS new (account_id, day, amount_micros)
ON CONFLICT (account_id, day) DO UPDATE
   SET amount_micros = d.amount_micros + excluded.amount_micros;

-- name: clear_conversations
-- $1 account id, $2 the first day to clear.
DELETE FROM conversation_day WHERE account_id = $1 AND day >= $2;

-- name: clear_charges
-- $1 account id, $2 the first day to clear.
DELETE FROM charge_day WHERE account_id = $1 AND day >= $2;

-- name: clear_spending
-- $1 account id, $2 the first day to clear.
DELETE FROM spend_day WHERE account_id = $1 AND day >= $2;

-- name: rebuild_conversations
-- $1 account id, $2 starts of days, $3 their ends, $4 the first closing instant that counts.
INSERT INTO conversation_day (account_id, day, channel, n)
SELECT c.account_id, d.starts_at, c.channel, count(*)
  FROM unnest($2::timestamptz[], $3::timestamptz[]) AS d (starts_at, ends_at)
  JOIN conversation AS c
    ON c.account_id = $1 AND c.closes_at >= d.starts_at AND c.closes_at < d.ends_at
 WHERE c.closes_at >= $4
 GROUP BY c.account_id, d.starts_at, c.channel;

-- name: rebuild_charges
-- $1 account id, $2 starts of days, $3 their ends.
INSERT INTO charge_day (account_id, day, feature, amount_micros, n)
SELECT e.account_id, d.starts_at, e.feature, sum(e.amount_micros), count(*)
  FROM unnest($2::timestamptz[], $3::timestamptz[]) AS d (starts_at, ends_at)
  JOIN event AS e
    ON e.account_id = $1 AND e.occurred_at >= d.starts_at AND e.occurred_at < d.ends_at
   AND e.type = 'carrier_charge'
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 GROUP BY e.account_id, d.starts_at, e.feature;

-- name: rebuild_spending
-- $1 account id, $2 the first day, from which on the charges of days are laid anew already.
INSERT INTO spend_day (account_id, day, amount_micros)
SELECT account_id, day, sum(amount_micros)
  FROM charge_day
 WHERE account_id = $1 AND day >= $2
 GROUP BY account_id, day;
