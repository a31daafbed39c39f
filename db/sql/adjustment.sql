-- name: insert
-- $1 recorded_at; then arrays of equal length.
INSERT INTO adjustment (account_id, adjustment_id, meter, label, change, reason, cycle,
                        booked_cycle, source, event_id, occurred_at, recorded_at)
SELECT account_id, adjustment_id, meter, label, change, reason, cycle, booked_cycle, source,
       event_id, occurred_at, $1
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[],
              $8::integer[], $9::integer[], $10::text[], $11::text[], $12::timestamptz[])
       AS new (account_id, adjustment_id, meter, label, change, reason, cycle, booked_cycle,
               source, event_id, occurred_at);
