-- name: by_ids
-- $1 account ids. One row per account, terms row and price list of its plan. Statements are only
-- ever added, so that those there are now are there whenever the account is used.
SELECT a.*, (SELECT max(s.cycle) FROM statement AS s WHERE s.account_id = a.account_id)
           AS latest_statement,
       t.seq, t.first_cycle, t.starts_at, t.anchor_date, t.time_zone AS terms_time_zone,
       t.plan, t.billing_interval, p.effective_from, p.included, p.block_price_micros,
       p.surcharge_policy, p.reminder_percents, p.commitment_blocks_max, p.purchase_blocks_max,
       p.carrier_commitment_micros_min, p.carrier_commitment_micros_max,
       p.top_up_micros_min, p.top_up_micros_max
  FROM account AS a
  LEFT JOIN terms AS t ON t.account_id = a.account_id
  LEFT JOIN price_list AS p ON p.plan = t.plan AND p.billing_interval = t.billing_interval
 WHERE a.account_id = ANY($1::uuid[]);

-- name: outdated
-- $1 to $3 accounts as the caller knows them: ids, versions, and how many price lists. Those that
-- are others by now.
SELECT a.account_id
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS k (account_id, version, price_lists)
  JOIN account AS a ON a.account_id = k.account_id
 WHERE a.version <> k.version
    OR k.price_lists <> (SELECT count(DISTINCT (p.plan, p.billing_interval, p.effective_from))
                           FROM terms AS t
                           JOIN price_list AS p
                             ON p.plan = t.plan AND p.billing_interval = t.billing_interval
                          WHERE t.account_id = a.account_id);

-- name: page_ids
-- $1 the id after which to go on, or NULL; $2 how many.
SELECT account_id
  FROM account
 WHERE $1::uuid IS NULL OR account_id > $1
 ORDER BY account_id
 LIMIT $2;

-- name: lock
-- $1 account ids, locked in their order. The version is read after the lock is had.
SELECT account_id, version
  FROM account
 WHERE account_id = ANY($1::uuid[])
 ORDER BY account_id
   FOR NO KEY UPDATE;

-- name: lock_to_change
-- The same, for what is sure to change their numbers.
UPDATE account AS a
   SET changes = a.changes + 1
  FROM (SELECT account_id
          FROM account
         WHERE account_id = ANY($1::uuid[])
         ORDER BY account_id
           FOR NO KEY UPDATE) AS locked
 WHERE a.account_id = locked.account_id
   AND a.account_id = ANY($1::uuid[])
RETURNING a.account_id, a.version;

-- name: insert
INSERT INTO account (account_id, external_id, name, currency, time_zone, signed_up_at,
                     trial_ends_at, backfill_until, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING account_id;

-- name: end
-- $1 account id, $2 the instant from which the account has ended.
UPDATE account
   SET ended_at = $2, version = version + 1, changes = changes + 1
 WHERE account_id = $1;

-- name: touch
-- $1 account id. Tells batches under way that terms have changed.
UPDATE account
   SET version = version + 1, changes = changes + 1
 WHERE account_id = $1;

-- name: insert_terms
INSERT INTO terms (account_id, seq, first_cycle, starts_at, plan, billing_interval, anchor_date,
                   time_zone, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: next_seq
-- $1 account id.
SELECT coalesce(max(seq) + 1, 0)
  FROM terms
 WHERE account_id = $1;
