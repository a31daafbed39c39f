-- name: booked_cycle
-- The cycle in which a charge counts that came when its own was closed.
-- $1 account id, $2 source, $3 event id.
SELECT booked_cycle
  FROM adjustment
 WHERE account_id = $1 AND source = $2 AND event_id = $3 AND meter = 'CARRIER'
   AND reason = 'LATE';

-- name: insert_event
-- $1 account id, $2 source, $3 event id, $4 recorded_at, $5 recorded_by, $6 reason.
INSERT INTO event_reversal (account_id, source, event_id, recorded_at, recorded_by, reason)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING event_id;

-- name: grant
-- A purchase or an automatic grant. $1 account id, $2 the id by which it is shown.
SELECT kind, cycle, amount, price_micros
  FROM meter_change
 WHERE account_id = $1 AND kind <> 'COMMITMENT' AND meter || '-' || version = $2::text
UNION ALL
SELECT 'AUTOMATIC_' || kind, cycle, amount, price_micros
  FROM automatic_grant
 WHERE account_id = $1 AND grant_id::text = $2;

-- name: insert_grant
-- $1 account id, $2 the grant's id, $3 kind, $4 the cycle in which it counts negatively,
-- $5 amount, $6 price, $7 recorded_at, $8 recorded_by, $9 reason.
INSERT INTO grant_reversal (account_id, grant_id, kind, cycle, amount, price_micros, recorded_at,
                            recorded_by, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING grant_id;
