-- name: of_cycles
-- All numbers of any cycles of any accounts, of one snapshot: rows of (part, place, label,
-- amount, n, number, reason, id, at). Places tell the caller's cycles apart.
-- Whole days come from the rollups, pieces of days from what they were made of:
-- $1 to $5 conversation days: places, account ids, starts, ends, and the numbers of closed cycles,
-- whose days are not summed where there is a statement; $6 to $9 pieces of days;
-- $10 to $14 charge days and $15 to $18 pieces, the same;
-- $19 to $21 the cycles: places, account ids, numbers; $22 account ids: commitments and
-- versions come with the account's place among these, from 1; $23 to $25 the cycles whose
-- grants are wanted one by one: places, account ids, numbers; $26 to $28 accounts as the caller
-- knows them: ids, versions, and how many price lists. Those that are others by now are told.
SELECT 'conversations' AS part, r.place, d.channel AS label, sum(d.n)::bigint AS amount,
       NULL::bigint AS n, NULL::integer AS number, NULL::text AS reason, NULL::text AS id,
       NULL::timestamptz AS at
  FROM unnest($1::integer[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::integer[])
       AS r (place, account_id, starts_at, ends_at, closed)
  JOIN conversation_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
 WHERE NOT EXISTS (SELECT 1
                     FROM statement AS s
                    WHERE s.account_id = r.account_id AND s.cycle = r.closed)
 GROUP BY r.place, d.channel
UNION ALL
SELECT 'conversations', r.place, c.channel, count(*), NULL, NULL, NULL, NULL, NULL
  FROM unnest($6::integer[], $7::uuid[], $8::timestamptz[], $9::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation AS c
    ON c.account_id = r.account_id AND c.closes_at >= r.starts_at AND c.closes_at < r.ends_at
 GROUP BY r.place, c.channel
UNION ALL
SELECT 'charges', r.place, d.feature, sum(d.amount_micros)::bigint, sum(d.n)::bigint, NULL, NULL,
       NULL, NULL
  FROM unnest($10::integer[], $11::uuid[], $12::timestamptz[], $13::timestamptz[], $14::integer[])
       AS r (place, account_id, starts_at, ends_at, closed)
  JOIN charge_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
 WHERE NOT EXISTS (SELECT 1
                     FROM statement AS s
                    WHERE s.account_id = r.account_id AND s.cycle = r.closed)
 GROUP BY r.place, d.feature
UNION ALL
SELECT 'charges', r.place, e.feature, sum(e.amount_micros)::bigint, count(*), NULL, NULL, NULL,
       NULL
  FROM unnest($15::integer[], $16::uuid[], $17::timestamptz[], $18::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN event AS e
    ON e.account_id = r.account_id AND e.occurred_at >= r.starts_at AND e.occurred_at < r.ends_at
   AND e.type = 'carrier_charge'
 WHERE NOT EXISTS (SELECT 1
                     FROM event_reversal AS v
                    WHERE v.account_id = e.account_id AND v.source = e.source
                      AND v.event_id = e.event_id)
 GROUP BY r.place, e.feature
UNION ALL
SELECT 'stated', k.place, l.label, l.amount, l.n, NULL, l.meter, NULL, s.recorded_at
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN statement AS s ON s.account_id = k.account_id AND s.cycle = k.number
  LEFT JOIN statement_line AS l ON l.account_id = s.account_id AND l.cycle = s.cycle
UNION ALL
SELECT 'booked ' || a.meter, k.place, a.label, sum(a.change)::bigint, count(*), a.cycle, a.reason,
       NULL, NULL
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.booked_cycle = k.number
 GROUP BY k.place, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
UNION ALL
SELECT 'moved ' || a.meter, k.place, a.label, sum(a.change)::bigint, count(*), a.cycle, a.reason,
       NULL, NULL
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.cycle = k.number
 GROUP BY k.place, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
UNION ALL
SELECT 'granted', k.place, c.kind, sum(c.amount)::bigint, sum(c.price_micros)::bigint, NULL, NULL,
       NULL, NULL
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN meter_change AS c ON c.account_id = k.account_id AND c.cycle = k.number
 WHERE c.kind <> 'COMMITMENT'
 GROUP BY k.place, c.kind
UNION ALL
SELECT 'granted', k.place, 'AUTOMATIC_' || g.kind, sum(g.amount)::bigint,
       sum(g.price_micros)::bigint, NULL, NULL, NULL, NULL
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN automatic_grant AS g ON g.account_id = k.account_id AND g.cycle = k.number
 GROUP BY k.place, g.kind
UNION ALL
SELECT 'granted', k.place, v.kind, -sum(v.amount)::bigint, -sum(v.price_micros)::bigint, NULL,
       NULL, NULL, NULL
  FROM unnest($19::integer[], $20::uuid[], $21::integer[]) AS k (place, account_id, number)
  JOIN grant_reversal AS v ON v.account_id = k.account_id AND v.cycle = k.number
 GROUP BY k.place, v.kind
UNION ALL
SELECT 'committed', k.place::integer, c.meter, c.amount, c.version, c.cycle, NULL, NULL, NULL
  FROM unnest($22::uuid[]) WITH ORDINALITY AS k (account_id, place)
  JOIN meter_change AS c ON c.account_id = k.account_id
 WHERE c.kind = 'COMMITMENT'
UNION ALL
SELECT 'version', k.place::integer, c.meter, max(c.version)::bigint, NULL, NULL, NULL, NULL, NULL
  FROM unnest($22::uuid[]) WITH ORDINALITY AS k (account_id, place)
  JOIN meter_change AS c ON c.account_id = k.account_id
 GROUP BY k.place, c.meter
UNION ALL
SELECT 'grant', k.place, c.kind, c.amount, c.price_micros, NULL, c.reason,
       c.meter || '-' || c.version, c.recorded_at
  FROM unnest($23::integer[], $24::uuid[], $25::integer[]) AS k (place, account_id, number)
  JOIN meter_change AS c ON c.account_id = k.account_id AND c.cycle = k.number
 WHERE c.kind <> 'COMMITMENT'
UNION ALL
SELECT 'grant', k.place, 'AUTOMATIC_' || g.kind, g.amount, g.price_micros, NULL, g.reason,
       g.grant_id::text, g.recorded_at
  FROM unnest($23::integer[], $24::uuid[], $25::integer[]) AS k (place, account_id, number)
  JOIN automatic_grant AS g ON g.account_id = k.account_id AND g.cycle = k.number
UNION ALL
SELECT 'grant', k.place, v.kind, -v.amount, -v.price_micros, NULL, v.reason, v.grant_id,
       v.recorded_at
  FROM unnest($23::integer[], $24::uuid[], $25::integer[]) AS k (place, account_id, number)
  JOIN grant_reversal AS v ON v.account_id = k.account_id AND v.cycle = k.number
UNION ALL
SELECT 'outdated', NULL, NULL, NULL, NULL, NULL, NULL, a.account_id::text, NULL
  FROM unnest($26::uuid[], $27::bigint[], $28::bigint[]) AS k (account_id, version, price_lists)
  JOIN account AS a ON a.account_id = k.account_id
 WHERE a.version <> k.version
    OR k.price_lists <> (SELECT count(DISTINCT (p.plan, p.billing_interval, p.effective_from))
                           FROM terms AS t
                           JOIN price_list AS p
                             ON p.plan = t.plan AND p.billing_interval = t.billing_interval
                          WHERE t.account_id = a.account_id);
