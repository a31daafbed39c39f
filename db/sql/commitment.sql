-- name: of_account
-- $1 account id.
SELECT meter, version, effective_cycle, amount
  FROM commitment
 WHERE account_id = $1;

-- name: insert
INSERT INTO commitment (account_id, meter, version, effective_cycle, amount, recorded_at,
                        recorded_by, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
