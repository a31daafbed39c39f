-- name: of_accounts
-- What holds of each kind. $1 account ids.
SELECT DISTINCT ON (account_id, kind) account_id, kind, version, value
  FROM setting
 WHERE account_id = ANY($1::uuid[])
 ORDER BY account_id, kind, version DESC;

-- name: last_secret_number
-- $1 account id. Also where the webhook is off now.
SELECT coalesce(max((value ->> 'secret_number')::integer), 0)
  FROM setting
 WHERE account_id = $1 AND kind = 'WEBHOOK';

-- name: insert
-- $1 account id, $2 kind, $3 version, $4 value, $5 recorded_at, $6 recorded_by.
INSERT INTO setting (account_id, kind, version, value, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6);
