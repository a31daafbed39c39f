-- name: missing
-- Which of the labels asked about their accounts have not used yet.
-- $1 account ids, $2 kinds, $3 names.
SELECT k.account_id, k.kind, k.name
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (account_id, kind, name)
  LEFT JOIN label AS l
    ON l.account_id = k.account_id AND l.kind = k.kind AND l.name = k.name
 WHERE l.account_id IS NULL;

-- name: of_accounts
-- $1 account ids.
SELECT account_id, kind, name
  FROM label
 WHERE account_id = ANY($1::uuid[]);

-- name: insert
-- $1 account ids, $2 kinds, $3 names.
INSERT INTO label (account_id, kind, name)
SELECT account_id, kind, name
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (account_id, kind, name)
ON CONFLICT DO NOTHING;
