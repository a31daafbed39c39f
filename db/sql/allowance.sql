-- name: of_account
-- What an account has spent of the carrier balance of its current cycle, and what that is made of.
-- $1 account id, $2 the version at which the caller knows it: no row where it has another one;
-- $3 to $6 are NULL where there is no such cycle: its number, its start, the end of the day that
-- holds now, and now.
-- Today's charges are those of its rollup without those dated ahead, which are few at any hour; so
-- are their reversals, looked up one by one.
-- The planner does not see the parameters: whatever they are, its plan is the same and costs the
-- same, so that PostgreSQL keeps it. Planning would cost more than the answer.
SELECT coalesce((SELECT sum(d.amount_micros)
                   FROM spend_day AS d
                  WHERE d.account_id = a.account_id AND d.day >= k.starts_at AND d.day < k.ends_at),
                0)::bigint
       - coalesce((SELECT sum(e.amount_micros)
                     FROM event AS e
                    WHERE e.account_id = a.account_id AND e.type = 'carrier_charge'
                      AND e.occurred_at >= k.now AND e.occurred_at < k.ends_at
                      AND (SELECT v.event_id
                             FROM event_reversal AS v
                            WHERE v.account_id = e.account_id AND v.source = e.source
                              AND v.event_id = e.event_id) IS NULL), 0)::bigint
       + coalesce((SELECT sum(j.change)
                     FROM adjustment AS j
                    WHERE j.account_id = a.account_id AND j.booked_cycle = k.cycle
                      AND j.meter = 'CARRIER'), 0)::bigint
       - coalesce((SELECT sum(j.change)
                     FROM adjustment AS j
                    WHERE j.account_id = a.account_id AND j.cycle = k.cycle
                      AND j.meter = 'CARRIER'), 0)::bigint AS spent_micros,
       coalesce((SELECT c.amount
                   FROM meter_change AS c
                  WHERE c.account_id = a.account_id AND c.meter = 'CARRIER'
                    AND c.kind = 'COMMITMENT' AND c.cycle <= k.cycle
                  ORDER BY c.version DESC
                  LIMIT 1), 0) AS commitment_micros,
       coalesce((SELECT sum(c.amount)
                   FROM meter_change AS c
                  WHERE c.account_id = a.account_id AND c.meter = 'CARRIER'
                    AND c.kind = 'TOP_UP' AND c.cycle = k.cycle), 0)::bigint
       + coalesce((SELECT sum(g.amount)
                     FROM automatic_grant AS g
                    WHERE g.account_id = a.account_id AND g.cycle = k.cycle
                      AND g.kind = 'TOP_UP'), 0)::bigint
       - coalesce((SELECT sum(v.amount)
                     FROM grant_reversal AS v
                    WHERE v.account_id = a.account_id AND v.cycle = k.cycle
                      AND v.kind IN ('TOP_UP', 'AUTOMATIC_TOP_UP')), 0)::bigint AS topped_up_micros
  FROM account AS a
 CROSS JOIN (SELECT $3::integer AS cycle, $4::timestamptz AS starts_at,
                    $5::timestamptz AS ends_at, $6::timestamptz AS now
             OFFSET 0) AS k
 WHERE a.account_id = $1 AND a.version = $2;
