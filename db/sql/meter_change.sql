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

-- name: pages
-- $1 account ids, $2 meter or NULL, $3 to $5 the change after which to go on, or NULLs; $6 how many
-- of each account. Newest first, with the version that took the place of a commitment before it
-- took effect.
SELECT account_id, meter, version, kind, cycle, amount, amount_before, price_micros, effective_at,
       recorded_at, recorded_by, reason, replaced_by
  FROM (SELECT c.*, min(r.version) AS replaced_by,
               row_number() OVER (
                   PARTITION BY c.account_id
                   ORDER BY c.recorded_at DESC, c.meter DESC, c.version DESC
               ) AS place
          FROM meter_change AS c
          LEFT JOIN meter_change AS r
            ON r.account_id = c.account_id AND r.meter = c.meter AND r.version > c.version
           AND r.cycle <= c.cycle AND r.recorded_at < c.effective_at
           AND r.kind = 'COMMITMENT' AND c.kind = 'COMMITMENT'
         WHERE c.account_id = ANY($1::uuid[])
           AND ($2::text IS NULL OR c.meter = $2)
           AND ($3::timestamptz IS NULL
                OR (c.recorded_at, c.meter, c.version) < ($3, $4::text, $5::text::integer))
         GROUP BY c.account_id, c.meter, c.version) AS ranked
 WHERE place <= $6
 ORDER BY account_id, place;
