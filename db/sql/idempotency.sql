-- name: find
-- $1 account id, $2 key.
SELECT mutation, input_hash, outcome
  FROM idempotency
 WHERE account_id = $1 AND key = $2;

-- name: insert
-- What is done once changes the account's numbers.
WITH changed AS (
    UPDATE account
       SET changes = changes + 1
     WHERE account_id = $1
)
INSERT INTO idempotency (account_id, key, mutation, input_hash, outcome, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6);
