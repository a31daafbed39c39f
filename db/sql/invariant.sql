-- What must hold of an account, each as the number of rows or sums that break it: none.

-- name: windows_unopened
-- Windows that no counting message opens. $1 account id.
SELECT count(*)
  FROM conversation AS c
 WHERE c.account_id = $1
   AND NOT EXISTS (SELECT 1
                     FROM event AS e
                     LEFT JOIN event_reversal AS v
                       ON v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id
                    WHERE e.account_id = c.account_id AND e.contact = c.contact
                      AND e.channel = c.channel AND e.occurred_at = c.opened_at AND e.counts
                      AND v.event_id IS NULL);

-- name: messages_uncovered
-- Counting messages that lie in no window. $1 account id.
SELECT count(*)
  FROM event AS e
 WHERE e.account_id = $1
   AND e.counts
   AND NOT EXISTS (SELECT 1
                     FROM conversation AS c
                    WHERE c.account_id = e.account_id AND c.contact = e.contact
                      AND c.channel = e.channel AND c.opened_at <= e.occurred_at
                      AND c.closes_at > e.occurred_at)
   AND NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id);

-- name: windows_overlapping
-- Windows that open within another one of their contact and channel. $1 account id.
SELECT count(*)
  FROM conversation AS c
  JOIN conversation AS o
    ON o.account_id = c.account_id AND o.contact = c.contact AND o.channel = c.channel
   AND o.opened_at > c.opened_at AND o.opened_at < c.closes_at
 WHERE c.account_id = $1;

-- name: conversation_days
-- Sums by day that differ from the windows. $1 account id, $2 starts of days, $3 their ends,
-- $4 the first instant of opening that counts.
SELECT count(*)
  FROM (SELECT day, channel
          FROM (SELECT d.starts_at AS day, c.channel, 1 AS n
                  FROM unnest($2::timestamptz[], $3::timestamptz[]) AS d (starts_at, ends_at)
                  JOIN conversation AS c
                    ON c.account_id = $1 AND c.closes_at >= d.starts_at AND c.closes_at < d.ends_at
                 WHERE c.opened_at >= $4
                 UNION ALL
                SELECT day, channel, -n
                  FROM conversation_day
                 WHERE account_id = $1) AS counted
         GROUP BY day, channel
        HAVING sum(n) <> 0) AS wrong;

-- name: charge_days
-- Sums by day that differ from the charges. $1 account id, $2 starts of days, $3 their ends.
SELECT count(*)
  FROM (SELECT day, feature
          FROM (SELECT d.starts_at AS day, e.feature, e.amount_micros, 1 AS n
                  FROM unnest($2::timestamptz[], $3::timestamptz[]) AS d (starts_at, ends_at)
                  JOIN event AS e
                    ON e.account_id = $1 AND e.occurred_at >= d.starts_at
                   AND e.occurred_at < d.ends_at AND e.type = 'carrier_charge'
                 WHERE NOT EXISTS (SELECT 1
                                     FROM event_reversal AS v
                                    WHERE v.account_id = e.account_id AND v.source = e.source
                                      AND v.event_id = e.event_id)
                 UNION ALL
                SELECT day, feature, -amount_micros, -n
                  FROM charge_day
                 WHERE account_id = $1) AS counted
         GROUP BY day, feature
        HAVING sum(amount_micros) <> 0 OR sum(n) <> 0) AS wrong;

-- name: spend_days
-- Sums over all features that differ from those by feature. $1 account id.
SELECT count(*)
  FROM (SELECT day
          FROM (SELECT day, amount_micros
                  FROM charge_day
                 WHERE account_id = $1
                 UNION ALL
                SELECT day, -amount_micros
                  FROM spend_day
                 WHERE account_id = $1) AS counted
         GROUP BY day
        HAVING sum(amount_micros) <> 0) AS wrong;

-- name: statements
-- Lines of statements that differ from what the cycle comes to by now, without what others carry
-- for it and with what it carries for others. $1 account id; of its cycles: $2 numbers, $3 starts,
-- $4 ends.
SELECT count(*)
  FROM (SELECT cycle, meter, label
          FROM (SELECT k.cycle, 'CONVERSATIONS' AS meter, d.channel AS label, d.n AS amount
                  FROM unnest($2::integer[], $3::timestamptz[], $4::timestamptz[])
                       AS k (cycle, starts_at, ends_at)
                  JOIN statement AS s ON s.account_id = $1 AND s.cycle = k.cycle
                  JOIN conversation_day AS d
                    ON d.account_id = s.account_id AND d.day >= k.starts_at AND d.day < k.ends_at
                 UNION ALL
                SELECT k.cycle, 'CARRIER', d.feature, d.amount_micros
                  FROM unnest($2::integer[], $3::timestamptz[], $4::timestamptz[])
                       AS k (cycle, starts_at, ends_at)
                  JOIN statement AS s ON s.account_id = $1 AND s.cycle = k.cycle
                  JOIN charge_day AS d
                    ON d.account_id = s.account_id AND d.day >= k.starts_at AND d.day < k.ends_at
                 UNION ALL
                SELECT s.cycle, a.meter, a.label, -a.change
                  FROM statement AS s
                  JOIN adjustment AS a ON a.account_id = s.account_id AND a.cycle = s.cycle
                 WHERE s.account_id = $1
                 UNION ALL
                SELECT s.cycle, a.meter, a.label, a.change
                  FROM statement AS s
                  JOIN adjustment AS a ON a.account_id = s.account_id AND a.booked_cycle = s.cycle
                 WHERE s.account_id = $1
                 UNION ALL
                SELECT cycle, meter, label, -amount
                  FROM statement_line
                 WHERE account_id = $1) AS counted
         GROUP BY cycle, meter, label
        HAVING sum(amount) <> 0) AS wrong;

-- name: versions
-- Ledgers whose versions do not count their rows. $1 account id.
SELECT count(*)
  FROM (SELECT meter
          FROM meter_change
         WHERE account_id = $1
         GROUP BY meter
        HAVING max(version) <> count(*)) AS wrong;

-- name: grants_reversed
-- Reversals of what was not granted, or not so. $1 account id.
SELECT count(*)
  FROM grant_reversal AS v
 WHERE v.account_id = $1
   AND NOT EXISTS (SELECT 1
                     FROM meter_change AS c
                    WHERE c.account_id = v.account_id AND c.meter || '-' || c.version = v.grant_id
                      AND c.kind = v.kind AND c.amount = v.amount
                      AND c.price_micros = v.price_micros)
   AND NOT EXISTS (SELECT 1
                     FROM automatic_grant AS g
                    WHERE g.account_id = v.account_id AND g.grant_id::text = v.grant_id
                      AND 'AUTOMATIC_' || g.kind = v.kind AND g.amount = v.amount
                      AND g.price_micros = v.price_micros);

-- name: adjustments
-- Adjustments for what is not there, or was not reversed. $1 account id.
SELECT count(*)
  FROM adjustment AS a
  LEFT JOIN event AS e
    ON e.account_id = a.account_id AND e.source = a.source AND e.event_id = a.event_id
  LEFT JOIN event_reversal AS v
    ON v.account_id = a.account_id AND v.source = a.source AND v.event_id = a.event_id
 WHERE a.account_id = $1
   AND (e.event_id IS NULL OR (a.reason = 'REVERSAL' AND v.event_id IS NULL));
