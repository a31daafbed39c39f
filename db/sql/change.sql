-- name: announce
-- $1 channel, $2 what is said on it.
SELECT pg_notify($1, k.said)
  FROM unnest($2::text[]) AS k (said);

-- name: counts
-- $1 account ids. How often the numbers of each have changed.
SELECT account_id, changes
  FROM account
 WHERE account_id = ANY($1::uuid[]);
