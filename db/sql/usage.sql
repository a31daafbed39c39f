-- name: of_cycles
-- All numbers of any cycles of any accounts, of one snapshot: rows of (part, place, label,
-- amount, n, number, reason). Places tell the caller's cycles apart.
-- Whole days come from the rollups, pieces of days from what they were made of:
-- $1 to $4 conversation days and $5 to $8 pieces: places, account ids, starts, ends;
-- $9 to $12 charge days and $13 to $16 pieces, the same;
-- $17 to $19 the cycles: places, account ids, numbers; $20 account ids: commitments and
-- versions come with the account's place among these, from 1.
SELECT 'conversations' AS part, r.place, d.channel AS label, sum(d.n)::bigint AS amount,
       NULL::bigint AS n, NULL::integer AS number, NULL::text AS reason
  FROM unnest($1::integer[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
 GROUP BY r.place, d.channel
UNION ALL
SELECT 'conversations', r.place, c.channel, count(*), NULL, NULL, NULL
  FROM unnest($5::integer[], $6::uuid[], $7::timestamptz[], $8::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN conversation AS c
    ON c.account_id = r.account_id AND c.closes_at >= r.starts_at AND c.closes_at < r.ends_at
 GROUP BY r.place, c.channel
UNION ALL
SELECT 'charges', r.place, d.feature, sum(d.amount_micros)::bigint, sum(d.n)::bigint, NULL, NULL
  FROM unnest($9::integer[], $10::uuid[], $11::timestamptz[], $12::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN charge_day AS d
    ON d.account_id = r.account_id AND d.day >= r.starts_at AND d.day < r.ends_at
 GROUP BY r.place, d.feature
UNION ALL
SELECT 'charges', r.place, e.feature, sum(e.amount_micros)::bigint, count(*), NULL, NULL
  FROM unnest($13::integer[], $14::uuid[], $15::timestamptz[], $16::timestamptz[])
       AS r (place, account_id, starts_at, ends_at)
  JOIN event AS e
    ON e.account_id = r.account_id AND e.occurred_at >= r.starts_at AND e.occurred_at < r.ends_at
   AND e.type = 'carrier_charge'
 GROUP BY r.place, e.feature
UNION ALL
SELECT 'booked ' || a.meter, k.place, a.label, sum(a.change)::bigint, count(*), a.cycle, a.reason
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.booked_cycle = k.number
 GROUP BY k.place, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
UNION ALL
SELECT 'moved ' || a.meter, k.place, a.label, sum(a.change)::bigint, count(*), a.cycle, a.reason
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN adjustment AS a ON a.account_id = k.account_id AND a.cycle = k.number
 GROUP BY k.place, a.meter, a.label, a.cycle, a.reason
HAVING sum(a.change) <> 0 OR a.meter = 'CARRIER'
UNION ALL
SELECT 'granted', k.place, c.kind, sum(c.amount)::bigint, sum(c.price_micros)::bigint, NULL, NULL
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN meter_change AS c ON c.account_id = k.account_id AND c.cycle = k.number
 WHERE c.kind <> 'COMMITMENT'
 GROUP BY k.place, c.kind
UNION ALL
SELECT 'granted', k.place, 'AUTOMATIC_' || g.kind, sum(g.amount)::bigint,
       sum(g.price_micros)::bigint, NULL, NULL
  FROM unnest($17::integer[], $18::uuid[], $19::integer[]) AS k (place, account_id, number)
  JOIN automatic_grant AS g ON g.account_id = k.account_id AND g.cycle = k.number
 GROUP BY k.place, g.kind
UNION ALL
SELECT 'committed', k.place::integer, c.meter, c.amount, c.version, c.cycle, NULL
  FROM unnest($20::uuid[]) WITH ORDINALITY AS k (account_id, place)
  JOIN meter_change AS c ON c.account_id = k.account_id
 WHERE c.kind = 'COMMITMENT'
UNION ALL
SELECT 'version', k.place::integer, c.meter, max(c.version)::bigint, NULL, NULL, NULL
  FROM unnest($20::uuid[]) WITH ORDINALITY AS k (account_id, place)
  JOIN meter_change AS c ON c.account_id = k.account_id
 GROUP BY k.place, c.meter;
