-- name: of_cycles
-- All numbers of any cycles of any accounts, of one snapshot. Places tell the caller's cycles apart,
-- or its runs of cycles, from 1; of a run, `number` says which of its cycles is meant. `ref` is the
-- version that a meter has since a change, or the closed cycle that an adjustment is of.
-- $1 to $5 runs of an account's cycles, one after the other: account ids, the first and the last,
-- the first that may have no statement, and whether their grants are wanted one by one.
-- Whole days come from the rollups, pieces of days from what they were made of:
-- $6 to $12 days: places, account ids, starts, until when conversations are completed, until when
-- they land, until when charges count, and the numbers of closed cycles, whose days are not summed
-- where there is a statement; $13 to $16 pieces of days of conversations: places, account ids,
-- starts, ends; $17 to $20 the same of charges.
-- $21 to $23 accounts as the caller knows them: ids, versions, and how many price lists. Those that
-- are others by now are told.
SELECT 'conversations' AS part, r.place, NULL::integer AS number, d.channel AS label,
       sum(d.n)::bigint AS amount,
       coalesce(sum(d.n) FILTER (WHERE d.day < r.completed_until), 0)::bigint AS n,
       NULL::integer AS ref, NULL::text AS reason, NULL::text AS id, NULL::timestamptz AS at,
       NULL::text[] AS labels, NULL::bigint[] AS amounts, NULL::bigint[] AS ns
  FROM unnest($6::integer[], $7::uuid[], $8::timestamptz[], $9::timestamptz[],
              $10::timestamptz[], $12::integer[])
       AS r (place, account_id, starts_at, completed_until, landed_until, closed)
  JOIN conversation_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.landed_until
 WHERE NOT EXISTS (SELECT 1
                     FROM statement AS s
                    WHERE s.account_id = r.account_id AND s.cycle = r.closed)
 GROUP BY r.place, d.channel
UNION ALL
SELECT 'conversations', r.place, NULL, c.channel, count(*), 0, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL
  FROM unnest($13::integer[], $14::uuid[], $15::timestamptz[], $16::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation AS c
    ON c.account_id = r.account_id AND c.closes_at >= r.starts_at AND c.closes_at < r.ends_at
 GROUP BY r.place, c.channel
UNION ALL
SELECT 'charges', r.place, NULL, d.feature, sum(d.amount_micros)::bigint, sum(d.n)::bigint, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL
  FROM unnest($6::integer[], $7::uuid[], $8::timestamptz[], $11::timestamptz[], $12::integer[])
       AS r (place, account_id, starts_at, charged_until, closed)
  JOIN charge_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.charged_until
 WHERE NOT EXISTS (SELECT 1
                     FROM statement AS s
                    WHERE s.account_id = r.account_id AND s.cycle = r.closed)
 GROUP BY r.place, d.feature
UNION ALL
SELECT 'charges', r.place, NULL, e.feature, sum(e.amount_micros)::bigint, count(*), NULL, NULL,
       NULL, NULL, NULL, NULL, NULL
  FROM unnest($17::integer[], $18::uuid[], $19::timestamptz[], $20::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN event AS e
    ON e.account_id = r.account_id AND e.occurred_at >= r.starts_at AND e.occurred_at < r.ends_at
   AND e.type = 'carrier_charge'
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 GROUP BY r.place, e.feature
-- A statement is a row for each meter, or one without a meter if it has no lines.
UNION ALL
SELECT 'stated', k.place::integer, s.cycle, l.meter, NULL, NULL, NULL, NULL, NULL, NULL,
       array_agg(l.label), array_agg(l.amount), array_agg(l.n)
  FROM unnest($1::uuid[], $2::integer[], $3::integer[]) WITH ORDINALITY
       AS k (account_id, since, until, place)
  JOIN statement AS s
    ON s.account_id = k.account_id AND s.cycle >= k.since AND s.cycle <= k.until
  LEFT JOIN statement_line AS l ON l.account_id = s.account_id AND l.cycle = s.cycle
 GROUP BY k.place, s.cycle, l.meter
UNION ALL
SELECT 'booked', k.place::integer, a.booked_cycle, a.label, sum(a.change)::bigint, count(*),
       a.cycle, a.reason, a.meter, NULL, NULL, NULL, NULL
  FROM unnest($1::uuid[], $2::integer[], $3::integer[]) WITH ORDINALITY
       AS k (account_id, since, until, place)
  JOIN adjustment AS a
    ON a.account_id = k.account_id AND a.booked_cycle >= k.since AND a.booked_cycle <= k.until
 GROUP BY k.place, a.booked_cycle, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
-- What others carry for a cycle with a statement is not in that.
UNION ALL
SELECT 'moved', k.place::integer, a.cycle, a.label, sum(a.change)::bigint, count(*), a.cycle,
       a.reason, a.meter, NULL, NULL, NULL, NULL
  FROM unnest($1::uuid[], $4::integer[], $3::integer[]) WITH ORDINALITY
       AS k (account_id, since, until, place)
  JOIN adjustment AS a
    ON a.account_id = k.account_id AND a.cycle >= k.since AND a.cycle <= k.until
 GROUP BY k.place, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
-- However long the ledger, a run gets what may hold in its cycles and the one after, and how often
-- each meter was changed: of the commitments made until its first cycle only the last is told, and
-- of the changes to cycles outside, which have no number, only the version.
UNION ALL
SELECT CASE c.kind WHEN 'COMMITMENT' THEN 'committed' ELSE 'granted' END, k.place::integer,
       CASE WHEN c.kind = 'COMMITMENT' AND c.cycle <= k.until + 1 THEN greatest(c.cycle, k.since)
            WHEN c.cycle >= k.since AND c.cycle <= k.until THEN c.cycle
       END AS number,
       CASE c.kind WHEN 'COMMITMENT' THEN c.meter ELSE c.kind END,
       CASE c.kind WHEN 'COMMITMENT' THEN (array_agg(c.amount ORDER BY c.version DESC))[1]
                   ELSE sum(c.amount)::bigint
       END,
       sum(c.price_micros)::bigint, max(c.version), max(c.reason),
       c.meter || '-' || max(c.version), max(c.recorded_at), NULL, NULL, NULL
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $5::boolean[]) WITH ORDINALITY
       AS k (account_id, since, until, one_by_one, place)
  JOIN meter_change AS c ON c.account_id = k.account_id
 GROUP BY k.place, c.meter, c.kind, number,
          CASE WHEN k.one_by_one AND c.kind <> 'COMMITMENT' AND c.cycle >= k.since
                    AND c.cycle <= k.until THEN c.version
          END
UNION ALL
SELECT 'granted', k.place::integer, g.cycle, 'AUTOMATIC_' || g.kind, sum(g.amount)::bigint,
       sum(g.price_micros)::bigint, NULL, max(g.reason),
       CASE WHEN k.one_by_one THEN g.grant_id::text END AS named, max(g.recorded_at), NULL,
       NULL, NULL
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $5::boolean[]) WITH ORDINALITY
       AS k (account_id, since, until, one_by_one, place)
  JOIN automatic_grant AS g
    ON g.account_id = k.account_id AND g.cycle >= k.since AND g.cycle <= k.until
 GROUP BY k.place, g.cycle, g.kind, named
UNION ALL
SELECT 'granted', k.place::integer, v.cycle, v.kind, -sum(v.amount)::bigint,
       -sum(v.price_micros)::bigint, NULL, max(v.reason),
       CASE WHEN k.one_by_one THEN v.grant_id END AS named, max(v.recorded_at), NULL, NULL, NULL
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $5::boolean[]) WITH ORDINALITY
       AS k (account_id, since, until, one_by_one, place)
  JOIN grant_reversal AS v
    ON v.account_id = k.account_id AND v.cycle >= k.since AND v.cycle <= k.until
 GROUP BY k.place, v.cycle, v.kind, named
-- Subqueries, so that no plan ever reads all accounts; each price list counts once.
UNION ALL
SELECT 'outdated', NULL, NULL, NULL, NULL, NULL, NULL, NULL, k.account_id::text, NULL, NULL, NULL,
       NULL
  FROM unnest($21::uuid[], $22::bigint[], $23::bigint[]) AS k (account_id, version, price_lists)
 WHERE k.version <> (SELECT a.version FROM account AS a WHERE a.account_id = k.account_id)
    OR k.price_lists <> (SELECT count(*)
                           FROM terms AS t
                           JOIN price_list AS p
                             ON p.plan = t.plan AND p.billing_interval = t.billing_interval
                          WHERE t.account_id = k.account_id
                            AND NOT EXISTS (SELECT 1
                                              FROM terms AS e
                                             WHERE e.account_id = t.account_id AND e.seq < t.seq
                                               AND e.plan = t.plan
                                               AND e.billing_interval = t.billing_interval));
