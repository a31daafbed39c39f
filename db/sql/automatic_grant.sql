-- name: insert
-- $1 recorded_at; then arrays of equal length.
INSERT INTO automatic_grant (account_id, grant_id, kind, cycle, amount, price_micros,
                             effective_at, recorded_at, reason)
SELECT account_id, grant_id, kind, cycle, amount, price_micros, effective_at, $1, reason
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bigint[], $7::bigint[],
              $8::timestamptz[], $9::text[])
       AS new (account_id, grant_id, kind, cycle, amount, price_micros, effective_at, reason);
