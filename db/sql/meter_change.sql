-- name: of_account
-- $1 account id. Oldest first.
SELECT meter, version, kind, cycle, amount, amount_before, price_micros, effective_at
  FROM meter_change
 WHERE account_id = $1
 ORDER BY recorded_at, meter, version;

-- name: insert
INSERT INTO meter_change (account_id, meter, version, kind, cycle, amount, amount_before,
                          price_micros, effective_at, recorded_at, recorded_by, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: page
-- $1 account id, $2 meter or NULL, $3 to $5 the change after which to go on, or NULLs; $6 how many.
-- Newest first, with the version that took the place of a commitment before it took effect.
SELECT c.meter, c.version, c.kind, c.cycle, c.amount, c.amount_before, c.price_micros,
       c.effective_at, c.recorded_at, c.recorded_by, c.reason, min(r.version) AS replaced_by
  FROM meter_change AS c
  LEFT JOIN meter_change AS r
    ON r.account_id = c.account_id AND r.meter = c.meter AND r.version > c.version
   AND c.kind = 'COMMITMENT' AND r.kind = 'COMMITMENT' AND r.cycle <= c.cycle
   AND r.recorded_at < c.effective_at
 WHERE c.account_id = $1
   AND ($2::text IS NULL OR c.meter = $2)
   AND ($3::timestamptz IS NULL
        OR (c.recorded_at, c.meter, lpad(c.version::text, 10, '0')) < ($3, $4::text, $5::text))
 GROUP BY c.account_id, c.meter, c.version
 ORDER BY c.recorded_at DESC, c.meter DESC, c.version DESC
 LIMIT $6;
