-- name: of_cycles
-- Which marks were reached, and the latest arming of each.
-- $1 account ids, $2 meters, $3 cycles.
SELECT k.account_id, k.meter, k.cycle, r.mark, max(r.arming) AS reached,
       coalesce(max(a.arming), 0) AS arming
  FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS k (account_id, meter, cycle)
  JOIN reminder AS r
    ON r.account_id = k.account_id AND r.meter = k.meter AND r.cycle = k.cycle
  LEFT JOIN rearming AS a
    ON a.account_id = r.account_id AND a.meter = r.meter AND a.cycle = r.cycle AND a.mark = r.mark
 GROUP BY k.account_id, k.meter, k.cycle, r.mark;

-- name: insert
-- $1 recorded_at; then arrays of equal length.
INSERT INTO reminder (account_id, meter, cycle, mark, arming, effective_at, recorded_at)
SELECT account_id, meter, cycle, mark, arming, effective_at, $1
  FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::timestamptz[])
       AS new (account_id, meter, cycle, mark, arming, effective_at);

-- name: rearm
-- $1 recorded_at; then arrays of equal length.
INSERT INTO rearming (account_id, meter, cycle, mark, arming, recorded_at)
SELECT account_id, meter, cycle, mark, arming, $1
  FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::integer[])
       AS new (account_id, meter, cycle, mark, arming);
