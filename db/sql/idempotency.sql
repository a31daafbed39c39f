-- name: find
-- $1 account id, $2 key.
SELECT mutation, input_hash, outcome
  FROM idempotency
 WHERE account_id = $1 AND key = $2;

-- name: insert
INSERT INTO idempotency (account_id, key, mutation, input_hash, outcome, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6);
